using System.Runtime.InteropServices;
using System.Text.Json;
using Ism.Corpus;
using Ism.Corpus.Alignments;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;

namespace Ism.Featurizer.Isolation;

/// <summary>One structure to try alone. Written as a file, since a result of it is one too.</summary>
/// <param name="Catalogue">Folder name of the catalogue.</param>
/// <param name="Chunk">The chunk.</param>
/// <param name="Position">The structure's position.</param>
/// <param name="Work">What to do with it; null: read it and find its microenvironments, no more.</param>
public sealed record IsolationRequest(string Catalogue, int Chunk, long Position, ChunkWork? Work)
{
    /// <summary>Where the result of a request is left.</summary>
    public static string ResultOf(string path) => $"{path}.result";

    /// <summary>Writes it.</summary>
    public void Save(string path) => DurableFile.Write(path, stream => JsonSerializer.Serialize(stream, this));

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">The file is no request.</exception>
    public static IsolationRequest Load(string path) => IsolationJson.Load<IsolationRequest>(path);
}

/// <summary>What came of trying a structure alone.</summary>
public sealed record IsolationResult
{
    /// <summary>Its token rows.</summary>
    public IReadOnlyList<TokenRow> Rows { get; init; } = [];

    /// <summary>Its embeddings as bytes of float32, little-endian.</summary>
    public byte[] Points { get; init; } = [];

    /// <summary>Width of an embedding.</summary>
    public int Width { get; init; } = 1;

    /// <summary>Profiles of its chains.</summary>
    public IReadOnlyList<ChainProfile> Profiles { get; init; } = [];

    /// <summary>Why it is refused, or null.</summary>
    public QuarantinedStructure? Refused { get; init; }

    /// <summary>Why the storage did not give its bytes, or null.</summary>
    public string? Denied { get; init; }

    /// <summary>A result from what was made.</summary>
    public static IsolationResult Of(StructureProduct product) => new()
    {
        Rows = product.Rows,
        Points = MemoryMarshal.AsBytes(product.Points.Values.Span).ToArray(),
        Width = product.Points.Width,
        Profiles = product.Profiles,
    };

    /// <summary>What was made.</summary>
    public StructureProduct Product() => new(Rows, new Embeddings(MemoryMarshal.Cast<byte, float>(Points).ToArray(), Width))
    {
        Profiles = Profiles,
    };

    /// <summary>Writes it.</summary>
    public void Save(string path) => DurableFile.Write(path, stream => JsonSerializer.Serialize(stream, this));

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">The file is no result.</exception>
    public static IsolationResult Load(string path) => IsolationJson.Load<IsolationResult>(path);
}

/// <summary>Reads the files of isolation.</summary>
internal static class IsolationJson
{
    public static T Load<T>(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream) ?? throw new InvalidDataException($"{path} holds null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not what it should be: {e.Message}", e);
        }
    }
}
