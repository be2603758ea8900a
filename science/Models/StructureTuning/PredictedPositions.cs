using TorchSharp;

namespace Ism.Models.StructureTuning;

/// <summary>Rows of a packed batch where something is predicted, and what. Owns its tensors.</summary>
internal sealed class PredictedPositions : IDisposable
{
    private readonly bool _all;

    private PredictedPositions(long[] rows, long[] targets, long tokens, torch.Device device)
    {
        (Count, Places) = (rows.Length, rows);
        _all = Count == tokens;
        Rows = torch.tensor(rows, device: device).DetachFromDisposeScope();
        Targets = torch.tensor(targets, device: device).DetachFromDisposeScope();
    }

    /// <summary>N: how many.</summary>
    public long Count { get; }

    /// <summary>The rows in host memory.</summary>
    public long[] Places { get; }

    /// <summary>[N, width] where features are predicted instead of <see cref="Targets"/>; null: they are not.</summary>
    public torch.Tensor? Features { get; private set; }

    /// <summary>[N] int64, ascending.</summary>
    public torch.Tensor Rows { get; }

    /// <summary>[N] int64.</summary>
    public torch.Tensor Targets { get; }

    /// <summary>The positions of packed labels that are not negative and not <paramref name="excluded"/>.</summary>
    /// <param name="labels">One label a token, sequence after sequence.</param>
    /// <param name="excluded">A label that is not predicted.</param>
    /// <param name="only">Where given, positions at which this is negative are left out too.</param>
    /// <param name="device">Where the tensors go.</param>
    public static PredictedPositions Of(
        IEnumerable<int[]> labels, int? excluded, IEnumerable<int[]>? only, torch.Device device)
    {
        var rows = new List<long>();
        var targets = new List<long>();
        var row = 0L;
        foreach (var (sequence, chosen) in labels.Zip(only ?? labels))
        {
            for (var i = 0; i < sequence.Length; i++, row++)
            {
                if (sequence[i] >= 0 && sequence[i] != excluded && chosen[i] >= 0)
                {
                    rows.Add(row);
                    targets.Add(sequence[i]);
                }
            }
        }

        return new([.. rows], [.. targets], row, device);
    }

    /// <summary>The rows of [T, D] where something is predicted, [N, D].</summary>
    public torch.Tensor Pick(torch.Tensor hidden) => _all ? hidden.alias() : hidden.index_select(0, Rows);

    /// <summary>Takes over what is predicted in place of the labels.</summary>
    public PredictedPositions With(torch.Tensor features)
    {
        Features = features.DetachFromDisposeScope();
        return this;
    }

    public void Dispose()
    {
        Features?.Dispose();
        Rows.Dispose();
        Targets.Dispose();
    }
}
