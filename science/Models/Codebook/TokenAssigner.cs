namespace Ism.Models.Codebook;

/// <summary>Turns embeddings into structure tokens: the nearest centroid, ties to the lower token. Used by one thread at a
/// time.</summary>
public sealed class TokenAssigner(StructureCodebook codebook) : IDisposable
{
    private readonly NearestCentroid _search = new(codebook.Centroids);

    /// <summary>One token per embedding.</summary>
    /// <exception cref="ArgumentException">The embeddings have another width than the codebook, or one is not finite.</exception>
    public ushort[] Assign(Embeddings embeddings)
    {
        var tokens = new ushort[embeddings.Count];
        _search.Search(embeddings, (i, nearest, _) => tokens[i] = (ushort)nearest);
        return tokens;
    }

    public void Dispose() => _search.Dispose();
}
