using Ism.Corpus;
using Ism.Corpus.Alignments;
using Ism.Models.Codebook;

namespace Ism.Featurizer.Isolation;

/// <summary>What a chunk's work makes of one structure: token rows, embeddings of its drawn residues, or profiles of its chains; none of
/// them when it is only read.</summary>
public sealed record StructureProduct(IReadOnlyList<TokenRow> Rows, Embeddings Points)
{
    /// <summary>Profiles of its chains.</summary>
    public IReadOnlyList<ChainProfile> Profiles { get; init; } = [];

    /// <summary>Nothing made.</summary>
    public static StructureProduct None { get; } = new([], new Embeddings(Array.Empty<float>(), 1));
}
