using Ism.Models.Training;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>Padded environments with the values of their residues' mutations. Owns its tensors.</summary>
public sealed class EvoRankMicroBatch : IMicroBatch
{
    internal EvoRankMicroBatch(AtomBatch atoms, Tensor targets, IReadOnlyList<int> samples)
    {
        Atoms = atoms;
        Targets = targets.DetachFromDisposeScope();
        Counts = [atoms.Environments];
        Samples = samples;
    }

    public IReadOnlyList<long> Counts { get; }

    public long UsefulTokens => Atoms.UsefulAtoms;

    public IReadOnlyList<int>? Samples { get; }

    internal AtomBatch Atoms { get; }

    /// <summary>[B, 20] in the model's dtype.</summary>
    internal Tensor Targets { get; }

    public void Dispose()
    {
        Atoms.Dispose();
        Targets.Dispose();
    }
}
