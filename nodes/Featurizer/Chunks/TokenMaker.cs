using System.Diagnostics;
using Ism.Corpus;
using Ism.Featurizer.Isolation;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>Structure -> chains -> masked microenvironments -> embeddings -> nearest centroids. Used by one thread.</summary>
public sealed class TokenMaker : StructureWork
{
    private readonly EnvironmentEncoder _embedder;
    private readonly MicroenvironmentFinder _finder;
    private readonly TokenAssigner _assigner;
    private readonly bool _features;

    /// <summary>With an encoder and the codebook made with it.</summary>
    /// <param name="cache">Loaded encoders and codebooks.</param>
    /// <param name="encoder">Folder of the encoder.</param>
    /// <param name="codebook">Folder of the codebook.</param>
    /// <param name="features">Rows keep the embeddings too.</param>
    /// <exception cref="InvalidDataException">They do not belong together.</exception>
    public TokenMaker(EncoderCache cache, string encoder, string codebook, bool features = false)
    {
        _features = features;
        (_embedder, var identity, _finder) = cache.Encoder(encoder);
        _assigner = new TokenAssigner(cache.Codebook(codebook, identity));
    }

    /// <inheritdoc/>
    public override bool SharesCores => _embedder.SharesCores;

    /// <inheritdoc/>
    public override PreparedStructure Prepare(long position, Structure structure)
    {
        _finder.Use(structure);
        return new PreparedStructure(structure, [.. structure.Chains.Select(chain => chain.ResidueIndices.Select(_finder.Find).ToList())]);
    }

    // Each chain is embedded as a list of its own, so that its tokens are a function of its structure and nothing else.
    /// <inheritdoc/>
    public override StructureProduct Finish(long position, string name, PreparedStructure prepared)
    {
        var structure = prepared.Structure;
        EncodeSeconds = 0;
        var rows = new List<TokenRow>();
        foreach (var (chain, environments) in structure.Chains.Zip(prepared.Environments))
        {
            var began = Stopwatch.GetTimestamp();
            var embeddings = _embedder.Embed(environments);
            var tokens = _assigner.Assign(embeddings);
            EncodeSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
            rows.Add(new TokenRow
            {
                Position = position,
                Name = name,
                Chain = chain.Id,
                Sequence = chain.Sequence,
                Tokens = [tokens],
                Features = _features ? Rounded(embeddings.Values.Span) : [],
                Plddt = chain.Plddt is { } plddt ? [.. plddt.Select(p => (byte)Math.Clamp(MathF.Round(p), 0, 100))] : null,
                Notes = string.Join("; ", structure.Notes),
            });
        }

        return StructureProduct.None with { Rows = rows };
    }

    private static Half[] Rounded(ReadOnlySpan<float> values)
    {
        var rounded = new Half[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            rounded[i] = (Half)values[i];
        }

        return rounded;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _assigner.Dispose();
        base.Dispose();
    }
}
