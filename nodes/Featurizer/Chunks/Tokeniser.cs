using Ism.Corpus;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>Structure -> chains -> masked microenvironments -> embeddings -> nearest centroids: the token file of a chunk. Used by one
/// thread at a time.</summary>
/// <param name="reading">Limits of reading.</param>
/// <param name="cache">Loaded encoders and codebooks.</param>
public sealed class Tokeniser(StructureReaderOptions reading, EncoderCache cache)
{
    /// <summary>Name of the token sequence that the atomic autoencoder makes.</summary>
    public const string Teacher = "autoencoder";

    private static readonly string Version = typeof(Tokeniser).Assembly.GetName().Version!.ToString(3);

    /// <summary>Writes the token file of a chunk; the same structures, encoder and codebook give the same bytes.</summary>
    /// <param name="catalogue">Names the structures.</param>
    /// <param name="chunk">Which of its chunks.</param>
    /// <param name="encoder">Folder of the autoencoder.</param>
    /// <param name="codebook">Folder of the codebook made with it.</param>
    /// <param name="path">File to write.</param>
    /// <param name="progress">Told the structures done.</param>
    /// <param name="cancel">Stops between two structures.</param>
    public TokenFileSummary Run(
        Catalogue catalogue, int chunk, string encoder, string codebook, string path, Action<int> progress, CancellationToken cancel)
    {
        var (embedder, identity, finder) = cache.Encoder(encoder);
        using var assigner = new TokenAssigner(cache.Codebook(codebook, identity));
        var rows = new List<TokenRow>();
        var refused = new List<QuarantinedStructure>();
        var done = 0;
        foreach (var entry in ChunkStructures.Read(catalogue, chunk, reading))
        {
            cancel.ThrowIfCancellationRequested();
            if (entry.Structure is { } structure)
            {
                rows.AddRange(Tokens(entry, structure, finder, embedder, assigner));
            }
            else if (entry.Refused is { } reason)
            {
                refused.Add(reason);
            }

            progress(++done);
        }

        var header = new TokenFileHeader(
            catalogue.Id, chunk, catalogue.PositionsOf(chunk), StructureCodebook.IdentityOf(codebook), Version, [Teacher]);
        return TokenFileWriter.Write(path, header, rows, refused);
    }

    // Each chain is embedded as a list of its own, so that its tokens are a function of its structure and nothing else.
    private static IEnumerable<TokenRow> Tokens(
        ChunkStructure entry, Structure structure, MicroenvironmentFinder finder, EnvironmentEncoder embedder, TokenAssigner assigner)
    {
        finder.Use(structure);
        foreach (var chain in structure.Chains)
        {
            var environments = chain.ResidueIndices.Select(finder.Find).ToList();
            yield return new TokenRow
            {
                Position = entry.Position,
                Name = entry.Name,
                Chain = chain.Id,
                Sequence = chain.Sequence,
                Tokens = [assigner.Assign(embedder.Embed(environments))],
                Plddt = chain.Plddt is { } plddt ? [.. plddt.Select(p => (byte)Math.Clamp(MathF.Round(p), 0, 100))] : null,
                Notes = string.Join("; ", structure.Notes),
            };
        }
    }
}
