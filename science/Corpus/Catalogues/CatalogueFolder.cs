using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Ism.Corpus;

/// <summary>A catalogue on disk: <c>entries.arrow</c>, <c>containers.arrow</c> and <c>catalogue.json</c> (name, id,
/// sizes).</summary>
internal static class CatalogueFolder
{
    private const string EntriesFile = "entries.arrow";
    private const string ContainersFile = "containers.arrow";
    private const string ManifestFile = "catalogue.json";
    private const int Format = 1;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private static readonly Schema ContainerSchema = new(
        [new Field("prefix", StringType.Default, nullable: false), new Field("archive", BooleanType.Default, nullable: false)],
            []);

    /// <summary>Writes beside the final name and renames the folder as a whole.</summary>
    public static string Write(Catalogue catalogue, string parent, string name)
    {
        if (name.Length == 0 || name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_')))
        {
            throw new ArgumentException($"'{name}' is no catalogue name; use letters, digits, '-' and '_'", nameof(name));
        }

        var target = Path.Combine(parent, $"{name}-{catalogue.Id[..8]}");
        if (Directory.Exists(target) && Read(target).Id == catalogue.Id)
        {
            return target;
        }

        var beside = Path.Combine(parent, $".{name}-{Guid.NewGuid():N}.tmp");
        Directory.CreateDirectory(beside);
        try
        {
            DurableFile.Write(Path.Combine(beside, EntriesFile), stream =>
                ArrowFormat.Write(stream, CatalogueColumns.Schema, catalogue.Runs.Select(run => run.Batch)));
            DurableFile.Write(Path.Combine(beside, ContainersFile), stream =>
                ArrowFormat.Write(stream, ContainerSchema, [ContainerBatch(catalogue.Containers)]));
            var manifest = new Manifest(Format, name, catalogue.Id, catalogue.Count, catalogue.ChunkSize, catalogue.ChunkCount);
            DurableFile.Write(Path.Combine(beside, ManifestFile), stream => JsonSerializer.Serialize(stream, manifest, Json));
            Publish(beside, target, catalogue.Id);
        }
        finally
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }

        return target;
    }

    /// <summary>Reads and checks; see <see cref="Catalogue.Open"/>.</summary>
    public static Catalogue Read(string folder)
    {
        var manifest = ReadManifest(Path.Combine(folder, ManifestFile));
        var containers = new Containers();
        foreach (var batch in ReadColumns(Path.Combine(folder, ContainersFile), ContainerSchema))
        {
            for (var row = 0; row < batch.Length; row++)
            {
                containers.IndexOf(((StringArray)batch.Column(0)).GetString(row),
                    ((BooleanArray)batch.Column(1)).GetValue(row)!.Value);
            }
        }

        var runs = ReadColumns(Path.Combine(folder, EntriesFile), CatalogueColumns.Schema)
            .ConvertAll(batch => new CatalogueColumns(batch));
        Catalogue catalogue;
        try
        {
            catalogue = Catalogue.FromColumns(runs, containers, manifest.ChunkSize);
        }
        catch (Exception error) when (error is ArgumentException or IndexOutOfRangeException or InvalidOperationException)
        {
            throw new InvalidDataException($"the catalogue in {folder} is damaged ({error.Message}); list the structures again",
                error);
        }

        return catalogue.Id == manifest.Id
            ? catalogue
            : throw new InvalidDataException(
                $"the catalogue in {folder} holds {catalogue.Count} structures with id {catalogue.Id}, but its "
                + $"{ManifestFile} says {manifest.Count} with id {manifest.Id}: a file was changed or damaged; list the structures again");
    }

    private static void Publish(string beside, string target, string id)
    {
        try
        {
            Directory.Move(beside, target);
        }
        catch (IOException) when (Directory.Exists(target) && Read(target).Id == id)
        {
            // Another process saved the same catalogue first.
        }
    }

    private static Manifest ReadManifest(string path)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<Manifest>(File.ReadAllBytes(path), Json);
            return manifest is { Format: Format, ChunkSize: > 0, Id.Length: 64 }
                ? manifest
                : throw new InvalidDataException($"{path} is no catalogue of format {Format}: {manifest}");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is damaged: {error.Message}", error);
        }
    }

    private static List<RecordBatch> ReadColumns(string path, Schema expected)
    {
        var (schema, batches) = ArrowFormat.Read(path);
        for (var index = 0; index < expected.FieldsList.Count; index++)
        {
            var (want, have) = (expected.FieldsList[index], schema.FieldsList.ElementAtOrDefault(index));
            if (have is null || have.Name != want.Name || have.DataType.TypeId != want.DataType.TypeId)
            {
                throw new InvalidDataException($"{path}: column {index} should be {want.Name} ({want.DataType.Name}), "
                    + $"but is {have?.Name ?? "missing"} ({have?.DataType.Name})");
            }
        }

        return batches;
    }

    private static RecordBatch ContainerBatch(Containers containers)
    {
        var prefixes = new StringArray.Builder();
        var archives = new BooleanArray.Builder();
        for (var index = 0; index < containers.Count; index++)
        {
            prefixes.Append(containers[index].Prefix);
            archives.Append(containers[index].Archive);
        }

        return new RecordBatch(ContainerSchema, [prefixes.Build(), archives.Build()], containers.Count);
    }

    private sealed record Manifest(int Format, string Name, string Id, long Count, int ChunkSize, int ChunkCount);
}
