using Ism.Corpus;
using Ism.Models.Codebook;

namespace Ism.Featurizer.Isolation;

/// <summary>What a chunk's work makes of one structure: token rows, or embeddings of its drawn residues, or neither when it is only
/// read.</summary>
public sealed record StructureProduct(IReadOnlyList<TokenRow> Rows, Embeddings Points)
{
    /// <summary>Nothing made.</summary>
    public static StructureProduct None { get; } = new([], new Embeddings(Array.Empty<float>(), 1));
}
