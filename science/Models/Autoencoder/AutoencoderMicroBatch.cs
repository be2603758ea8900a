using Ism.Models.Training;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>Padded environments with what they are scored against. Owns its tensors.</summary>
public sealed class AutoencoderMicroBatch : IMicroBatch
{
    internal AutoencoderMicroBatch(AtomBatch atoms, Tensor residues, Tensor aminoAcids, (Tensor First, Tensor Second)? pairs,
        IReadOnlyList<long> counts)
    {
        Atoms = atoms;
        Residues = residues.DetachFromDisposeScope();
        AminoAcids = aminoAcids.DetachFromDisposeScope();
        First = pairs?.First.DetachFromDisposeScope();
        Second = pairs?.Second.DetachFromDisposeScope();
        Counts = counts;
    }

    public IReadOnlyList<long> Counts { get; }

    public long UsefulTokens => Atoms.UsefulAtoms;

    public IReadOnlyList<int>? Samples { get; internal init; }

    internal AtomBatch Atoms { get; }

    /// <summary>[K] int64: environments whose residue is of known type.</summary>
    internal Tensor Residues { get; }

    /// <summary>[K] int64: their amino acids.</summary>
    internal Tensor AminoAcids { get; }

    /// <summary>[P] int64: first atoms of the distogram's pairs, as rows of [B * n].</summary>
    internal Tensor? First { get; }

    /// <summary>[P] int64: second atoms.</summary>
    internal Tensor? Second { get; }

    public void Dispose()
    {
        Atoms.Dispose();
        Residues.Dispose();
        AminoAcids.Dispose();
        First?.Dispose();
        Second?.Dispose();
    }
}
