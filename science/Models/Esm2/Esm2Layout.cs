using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// What every layer needs to know of a packed batch beside the hidden states: where sequences begin and end, and the rotary
/// tables. Made once per forward pass by <see cref="Esm2Model.Layout"/>; owns its tensors.
/// </summary>
public sealed class Esm2Layout : IDisposable
{
    private readonly (torch.Tensor Cos, torch.Tensor SignedSin)[] _tables;
    private readonly (torch.Tensor Cos, torch.Tensor Sin)[] _halves;
    private torch.Tensor? _borders;

    internal Esm2Layout(PackedTokens tokens, IReadOnlyList<torch.Tensor> inverseFrequencies, torch.ScalarType dtype)
    {
        Runs = tokens.Runs;
        Tokens = tokens;
        var device = tokens.Ids.device;
        using var scope = torch.NewDisposeScope();
        var places = new long[tokens.Ids.shape[0]];
        var index = 0;
        foreach (var length in tokens.Lengths)
        {
            for (var position = 0; position < length; position++)
            {
                places[index++] = position;
            }
        }

        var positions = torch.tensor(places, device: device);
        _tables = new (torch.Tensor, torch.Tensor)[inverseFrequencies.Count];
        HasHalfTables = dtype == torch.ScalarType.Float32 && tokens.Ids.device_type == DeviceType.CPU;
        _halves = new (torch.Tensor, torch.Tensor)[HasHalfTables ? _tables.Length : 0];
        for (var i = 0; i < _tables.Length; i++)
        {
            var (cos, sin) = RotaryPositions.Tables(positions, inverseFrequencies[i], dtype);
            _tables[i] = (cos.unsqueeze(1).DetachFromDisposeScope(), sin.unsqueeze(1).DetachFromDisposeScope());
            if (HasHalfTables)
            {
                var half = cos.shape[1] / 2;
                _halves[i] = (cos.narrow(1, 0, half).contiguous().DetachFromDisposeScope(),
                    sin.narrow(1, half, half).contiguous().DetachFromDisposeScope());
            }
        }
    }

    /// <summary>The sequences, grouped where neighbours are equally long.</summary>
    public IReadOnlyList<SequenceRun> Runs { get; }

    internal PackedTokens Tokens { get; }

    /// <summary>First token and length of every sequence.</summary>
    internal IEnumerable<(int Start, int Length)> Sequences => Runs.SelectMany(run =>
        Enumerable.Range(0, run.Count).Select(i => (run.Start + (i * run.Length), run.Length)));

    /// <summary>Length of the longest sequence.</summary>
    internal int Longest => Runs.Max(run => run.Length);

    /// <summary>Whether there are <see cref="HalfTables"/>: float32 on the CPU.</summary>
    internal bool HasHalfTables { get; }

    /// <summary>Cosines and sines of a layer's angles, [T, head width / 2] float32 each.</summary>
    internal (torch.Tensor Cos, torch.Tensor Sin) HalfTables(int layer) => _halves[_halves.Length == 1 ? 0 : layer];

    /// <summary>Where sequences begin and the last one ends, [B + 1] int32.</summary>
    internal torch.Tensor Borders() => _borders ??= torch.tensor(
        (int[])[.. Sequences.Select(sequence => sequence.Start), (int)Tokens.Ids.shape[0]],
        device: Tokens.Ids.device).DetachFromDisposeScope();

    /// <summary>Rotary tables of a layer, [T, 1, head width] each. Layers with equal frequencies share one pair.</summary>
    internal (torch.Tensor Cos, torch.Tensor SignedSin) Rotary(int layer) => _tables[_tables.Length == 1 ? 0 : layer];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (cos, sin) in _tables)
        {
            cos.Dispose();
            sin.Dispose();
        }

        foreach (var (cos, sin) in _halves)
        {
            cos.Dispose();
            sin.Dispose();
        }

        _borders?.Dispose();
    }
}
