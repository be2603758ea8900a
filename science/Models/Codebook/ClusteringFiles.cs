using System.Globalization;
using System.Security.Cryptography;
using Ism.Models.Serialization;
using static TorchSharp.torch;

namespace Ism.Models.Codebook;

/// <summary>The embeddings of one chunk's drawn residues, as a file.</summary>
/// <param name="Points">The embeddings.</param>
/// <param name="Structures">Structures they come from.</param>
/// <param name="Quarantine">The chunk's refused structures as JSON, for accounting.</param>
/// <param name="Quarantined">How many those are.</param>
public sealed record EmbeddingsFile(Embeddings Points, int Structures, int Quarantined, string Quarantine)
{
    /// <summary>The file of a chunk.</summary>
    public static string PathOf(string folder, int chunk) => Path.Combine(folder, $"chunk-{chunk:D6}.safetensors");

    /// <summary>Writes it in place; returns its SHA-256 in lower-case hex.</summary>
    public string Save(string path)
    {
        using var points = tensor(Points.Values.ToArray(), [Points.Count, Points.Width]);
        SafeTensorsFile.Save(path, [KeyValuePair.Create("embeddings", points)], new Dictionary<string, string>
        {
            ["structures"] = Structures.ToString(CultureInfo.InvariantCulture),
            ["quarantined"] = Quarantined.ToString(CultureInfo.InvariantCulture),
            ["quarantine"] = Quarantine,
        });
        return ClusteringFiles.Sha256(path);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file holds something else or is damaged.</exception>
    public static EmbeddingsFile Load(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        using var points = ClusteringFiles.Read(file, "embeddings", ScalarType.Float32, 2);
        try
        {
            // TorchSharp gives no array of a tensor without elements: a chunk whose structures are all refused.
            float[] values = points.numel() == 0 ? [] : points.data<float>().ToArray();
            return new EmbeddingsFile(
                new Embeddings(values, (int)points.shape[1]),
                int.Parse(file.Metadata["structures"], CultureInfo.InvariantCulture),
                int.Parse(file.Metadata["quarantined"], CultureInfo.InvariantCulture),
                file.Metadata["quarantine"]);
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"{path} lacks the counts of its structures; delete it and run again", e);
        }
    }
}

/// <summary>Centroids and partial sums of a k-means pass over chunks, as files.</summary>
public static class ClusteringFiles
{
    /// <summary>Writes centroids.</summary>
    public static void SaveCentroids(string path, Centroids centroids)
    {
        using var values = tensor(centroids.Values, [centroids.Count, centroids.Width]);
        SafeTensorsFile.Save(path, [KeyValuePair.Create("centroids", values)]);
    }

    /// <summary>Reads centroids.</summary>
    /// <exception cref="InvalidDataException">The file holds something else or is damaged.</exception>
    public static Centroids LoadCentroids(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        using var values = Read(file, "centroids", ScalarType.Float64, 2);
        return new Centroids(values.data<double>().ToArray(), (int)values.shape[1]);
    }

    /// <summary>Writes the sums of one chunk; returns the file's SHA-256 in lower-case hex.</summary>
    public static string SavePartial(string path, KMeansPartial partial)
    {
        using var sums = tensor(partial.Sums);
        using var counts = tensor(partial.Counts);
        using var inertia = tensor(new[] { partial.Inertia });
        SafeTensorsFile.Save(path, [
            KeyValuePair.Create("sums", sums), KeyValuePair.Create("counts", counts), KeyValuePair.Create("inertia", inertia)]);
        return Sha256(path);
    }

    /// <summary>Reads the sums of one chunk.</summary>
    /// <exception cref="InvalidDataException">The file holds something else or is damaged.</exception>
    public static KMeansPartial LoadPartial(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        using var sums = Read(file, "sums", ScalarType.Float64, 1);
        using var counts = Read(file, "counts", ScalarType.Int64, 1);
        using var inertia = Read(file, "inertia", ScalarType.Float64, 1);
        return new KMeansPartial(sums.data<double>().ToArray(), counts.data<long>().ToArray(), inertia.data<double>()[0]);
    }

    internal static Tensor Read(SafeTensorsFile file, string name, ScalarType dtype, int dimensions) =>
        file.Tensors.TryGetValue(name, out var spec) && spec.Dtype == dtype && spec.Shape.Count == dimensions
            ? file.Read(name)
            : throw new InvalidDataException($"{file.Origin} has no tensor '{name}' of {dtype} with {dimensions} dimension(s)");

    internal static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
