using System.Security.Cryptography;
using System.Text.Json;
using Ism.Models.Serialization;
using static TorchSharp.torch;

namespace Ism.Models.Codebook;

/// <summary>How a codebook came about; written beside its centroids.</summary>
public sealed record CodebookOrigin
{
    /// <summary>SHA-256 of the weights of the encoder whose embeddings were clustered. Tokens of another encoder mean
    /// nothing.</summary>
    public required string Encoder { get; init; }

    /// <summary>Sum of squared distances of the clustered points to their centroids.</summary>
    public double Inertia { get; init; }

    /// <summary>Points that were clustered.</summary>
    public long Points { get; init; }

    /// <summary>Lloyd iterations that moved a centroid.</summary>
    public int Iterations { get; init; }

    /// <summary>False where the limit of iterations ended the run.</summary>
    public bool Converged { get; init; }

    /// <summary>Of the k-means++ starts.</summary>
    public ulong Seed { get; init; }
}

/// <summary>The structure tokens: token k stands for the embeddings nearest to centroid k. Saved in a folder as
/// <c>codebook.safetensors</c> (<c>centroids</c> [K, width] float64) and <c>codebook.json</c>.</summary>
public sealed record StructureCodebook
{
    /// <summary>Tokens are 16 bits wide and the highest value stays free for "no token".</summary>
    public const int MaximumTokens = ushort.MaxValue;

    /// <summary>File with the centroids.</summary>
    public const string CentroidsFile = "codebook.safetensors";

    /// <summary>File with origin and checksum; written last, so a folder that has it is complete.</summary>
    public const string OriginFile = "codebook.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <exception cref="ArgumentException">More centroids than 16-bit tokens.</exception>
    public StructureCodebook(Centroids centroids, CodebookOrigin origin)
    {
        if (centroids.Count > MaximumTokens)
        {
            throw new ArgumentException($"a codebook of {centroids.Count} tokens: ask for at most {MaximumTokens} clusters");
        }

        (Centroids, Origin) = (centroids, origin);
    }

    /// <summary>Centre of each token's cluster.</summary>
    public Centroids Centroids { get; }

    /// <summary>How it came about.</summary>
    public CodebookOrigin Origin { get; }

    /// <summary>Number of tokens K.</summary>
    public int Tokens => Centroids.Count;

    /// <summary>Writes both files; returns the SHA-256 of the centroids file in lower-case hex.</summary>
    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, CentroidsFile);
        using (var values = tensor(Centroids.Values, [Centroids.Count, Centroids.Width]))
        {
            SafeTensorsFile.Save(path, [KeyValuePair.Create("centroids", values)]);
        }

        var description = new Description(Centroids.Count, Centroids.Width, Origin, Checksum(path));
        AtomicFile.WriteText(Path.Combine(folder, OriginFile), JsonSerializer.Serialize(description, Json) + "\n");
        return description.Sha256;
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="FileNotFoundException">A file is absent.</exception>
    /// <exception cref="InvalidDataException">The files do not belong together or are damaged.</exception>
    public static StructureCodebook Load(string folder)
    {
        var (about, path) = (Path.Combine(folder, OriginFile), Path.Combine(folder, CentroidsFile));
        var description = Describe(about);
        if (Checksum(path) is var checksum && checksum != description.Sha256)
        {
            throw new InvalidDataException(
                $"{path} has SHA-256 {checksum} but {OriginFile} says {description.Sha256}: the folder mixes two "
                + "codebooks or is damaged");
        }

        using var file = SafeTensorsFile.Open(path);
        if (!file.Tensors.TryGetValue("centroids", out var spec) || spec.Dtype != ScalarType.Float64
            || !spec.Shape.SequenceEqual([description.Tokens, description.Width]))
        {
            throw new InvalidDataException(
                $"{path} needs a tensor 'centroids' F64 [{description.Tokens}, {description.Width}] and has "
                + string.Join("; ", file.Tensors.Values.Select(t => $"'{t.Name}' {t}")));
        }

        using var values = file.Read("centroids");
        return new StructureCodebook(new Centroids(values.data<double>().ToArray(), description.Width), description.Origin);
    }

    /// <summary>The identity of a saved codebook, without loading it: SHA-256 of its centroids.</summary>
    public static string IdentityOf(string folder) => Describe(Path.Combine(folder, OriginFile)).Sha256;

    private static Description Describe(string path)
    {
        try
        {
            var parsed = JsonSerializer.Deserialize<Description>(File.ReadAllText(path), Json);
            return parsed is { Origin: not null, Sha256: not null } read
                ? read
                : throw new InvalidDataException($"{path} lacks 'origin' or 'sha256': it does not describe a codebook");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} does not describe a codebook: {e.Message}", e);
        }
    }

    private static string Checksum(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private sealed record Description(int Tokens, int Width, CodebookOrigin Origin, string Sha256);
}
