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
    private readonly List<(EnvironmentEncoder Embedder, MicroenvironmentFinder Finder, TokenAssigner Assigner)> _makers = [];
    private readonly bool _features;

    /// <summary>With encoders and the codebooks made with them: one token sequence for each pair.</summary>
    /// <param name="cache">Loaded encoders and codebooks.</param>
    /// <param name="pairs">Folders of each encoder and its codebook.</param>
    /// <param name="features">Rows keep the embeddings of the first encoder too.</param>
    /// <exception cref="InvalidDataException">They do not belong together.</exception>
    public TokenMaker(EncoderCache cache, IReadOnlyList<(string Encoder, string Codebook)> pairs, bool features = false)
    {
        _features = features;
        foreach (var (encoder, codebook) in pairs)
        {
            var (embedder, identity, finder) = cache.Encoder(encoder);
            _makers.Add((embedder, finder, new TokenAssigner(cache.Codebook(codebook, identity))));
        }
    }

    /// <inheritdoc/>
    public override bool SharesCores => _makers.TrueForAll(maker => maker.Embedder.SharesCores);

    // One list for each encoder and chain; encoders that see the same atoms share theirs.
    /// <inheritdoc/>
    public override PreparedStructure Prepare(long position, Structure structure)
    {
        var environments = new List<IReadOnlyList<Microenvironment>>();
        for (var m = 0; m < _makers.Count; m++)
        {
            var finder = _makers[m].Finder;
            var same = _makers.FindIndex(maker => maker.Finder.FindsAs(finder));
            if (same < m)
            {
                environments.AddRange(environments[(same * structure.Chains.Length)..((same + 1) * structure.Chains.Length)]);
                continue;
            }

            finder.Use(structure);
            environments.AddRange(structure.Chains.Select(chain => chain.ResidueIndices.Select(finder.Find).ToList()));
        }

        return new PreparedStructure(structure, environments);
    }

    // Each chain is embedded as a list of its own, so that its tokens are a function of its structure and nothing else.
    /// <inheritdoc/>
    public override StructureProduct Finish(long position, string name, PreparedStructure prepared)
    {
        var structure = prepared.Structure;
        EncodeSeconds = 0;
        var rows = new List<TokenRow>();
        for (var c = 0; c < structure.Chains.Length; c++)
        {
            var chain = structure.Chains[c];
            var began = Stopwatch.GetTimestamp();
            var embeddings = _makers.Select((maker, m) => maker.Embedder.Embed(prepared.Environments[(m * structure.Chains.Length) + c])).ToArray();
            var tokens = _makers.Zip(embeddings, (maker, e) => maker.Assigner.Assign(e)).ToArray();
            EncodeSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
            rows.Add(new TokenRow
            {
                Position = position,
                Name = name,
                Chain = chain.Id,
                Sequence = chain.Sequence,
                Tokens = tokens,
                Features = _features ? Rounded(embeddings[0].Values.Span) : [],
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
        _makers.ForEach(maker => maker.Assigner.Dispose());
        base.Dispose();
    }
}
