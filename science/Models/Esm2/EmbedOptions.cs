namespace Ism.Models.Esm2;

/// <summary>What is computed for each sequence.</summary>
[Flags]
public enum Embeddings
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>ID/representation</c> [L, D]: last hidden states.</summary>
    Representation = 1,

    /// <summary><c>ID/logits</c> [L, 33].</summary>
    Logits = 2,

    /// <summary><c>ID/contacts</c> [L, L] probabilities.</summary>
    Contacts = 4,

    /// <summary><c>ID/layers</c> [layers + 1, L, D].</summary>
    Layers = 8,

    /// <summary><c>ID/structure-tokens/HEAD</c> [L] int32: the most likely token of each structure head.</summary>
    StructureTokens = 16,

    /// <summary><c>ID/structure-features/HEAD</c> [L, channels]: the embedding of the atomic autoencoder's encoder, as predicted from the
    /// sequence.</summary>
    StructureFeatures = 32,
}

/// <summary>How sequences are embedded.</summary>
public sealed record EmbedOptions
{
    private static readonly (string Name, Embeddings Value)[] Known =
    [
        ("representation", Embeddings.Representation), ("logits", Embeddings.Logits), ("contacts", Embeddings.Contacts),
        ("layers", Embeddings.Layers), ("structure-tokens", Embeddings.StructureTokens),
        ("structure-features", Embeddings.StructureFeatures),
    ];

    /// <summary>What is computed.</summary>
    public Embeddings Include { get; init; } = Embeddings.Representation;

    /// <summary>Tokens in one forward pass; a longer sequence has a pass of its own.</summary>
    public int TokensPerBatch { get; init; } = 4096;

    /// <summary>Longest sequence accepted, in residues: memory for contacts grows with its square.</summary>
    public int MaxLength { get; init; } = 5000;

    /// <summary>Reads a list such as "representation,logits".</summary>
    /// <exception cref="ArgumentException">A name is unknown or the list is empty.</exception>
    public static Embeddings Parse(string list)
    {
        var all = Embeddings.None;
        foreach (var name in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var known = Array.Find(Known, pair => pair.Name == name);
            all |= known.Name is not null ? known.Value : throw Unknown(name);
        }

        return all != Embeddings.None ? all : throw Unknown(list);
    }

    private static ArgumentException Unknown(string name) =>
        new($"'{name}' cannot be included; known are {string.Join(", ", Known.Select(pair => pair.Name))}");
}

/// <summary>How far an embedding run is.</summary>
/// <param name="Records">Sequences written.</param>
/// <param name="TotalRecords">Sequences in the file.</param>
/// <param name="Residues">Residues written.</param>
/// <param name="TotalResidues">Residues in the file.</param>
public readonly record struct EmbedProgress(int Records, int TotalRecords, long Residues, long TotalResidues);
