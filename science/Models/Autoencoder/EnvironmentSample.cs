using Ism.Structures;

namespace Ism.Models.Autoencoder;

/// <summary>One element of the global batch of the autoencoder: residues drawn from one structure.</summary>
public sealed record EnvironmentSample
{
    /// <summary>Masked microenvironments of the drawn residues. May be empty.</summary>
    public required IReadOnlyList<Microenvironment> Environments { get; init; }

    /// <summary>For MutRank: of each environment in turn the 20 probabilities of its residue's column in the alignment; empty: there are
    /// none.</summary>
    public float[] Columns { get; init; } = [];

    /// <summary>Key of every draw made for this sample (which atom pairs the distogram loss looks at).</summary>
    public required ulong DrawKey { get; init; }
}
