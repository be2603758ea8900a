using Ism.Models.Esm2;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.Models.StructureTuning;

/// <summary>Sequences packed for one pass, with the positions of every loss term. Owns its tensors.</summary>
public sealed class TuningMicroBatch : IMicroBatch
{
    private readonly IReadOnlyList<LabelledSequence> _sequences;
    private readonly torch.Device _device;
    private Esm2Layout? _layout;

    internal TuningMicroBatch(IReadOnlyList<LabelledSequence> sequences, IReadOnlyList<TunedHead> heads, bool structureAtMaskedOnly, torch.Device device)
    {
        (_sequences, _device) = (sequences, device);
        Tokens = PackedTokens.From([.. sequences.Select(sequence => sequence.Ids)], device);
        Structure = [.. heads.Select((head, i) => StructureAt(i, head, structureAtMaskedOnly))];
        Masked = PredictedPositions.Of(sequences.Select(sequence => sequence.MaskedLabels), null, null, device);
        Counts = [.. Structure.Select(positions => positions.Count), Masked.Count];
        UsefulTokens = sequences.Sum(sequence => (long)sequence.Residues);
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> Counts { get; }

    /// <inheritdoc/>
    public long UsefulTokens { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int>? Samples { get; internal init; }

    /// <summary>The masked input.</summary>
    public PackedTokens Tokens { get; }

    /// <summary>Per head the positions of its loss.</summary>
    internal IReadOnlyList<PredictedPositions> Structure { get; }

    internal PredictedPositions Masked { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _layout?.Dispose();
        Tokens.Dispose();
        Masked.Dispose();
        foreach (var positions in Structure)
        {
            positions.Dispose();
        }
    }

    internal Esm2Layout Layout(Esm2Model model) => _layout ??= model.Layout(Tokens);

    /// <summary>The input before masking. The caller owns it.</summary>
    internal PackedTokens Unmasked() => PackedTokens.From([.. _sequences.Select(sequence => sequence.OriginalIds)], _device);

    /// <summary>A head's positions, all or those among the ones chosen for masking. The caller owns them.</summary>
    internal PredictedPositions StructureAt(int index, TunedHead head, bool maskedOnly)
    {
        var positions = PredictedPositions.Of(
            _sequences.Select(sequence => sequence.Tokens[index]), head.ExcludedToken,
            maskedOnly ? _sequences.Select(sequence => sequence.MaskedLabels) : null, _device);
        return head.Features is { } scale
            ? positions.With(FeatureTargets.Of(_sequences, positions.Places, scale, head.Weight.dtype, _device))
            : positions;
    }
}
