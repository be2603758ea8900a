using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// What every layer needs to know of a packed batch beside the hidden states: where sequences begin and end, and the rotary
/// tables. Made once per forward pass by <see cref="Esm2Model.Layout"/>; owns its tensors.
/// </summary>
public sealed class Esm2Layout : IDisposable
{
    private readonly (torch.Tensor Cos, torch.Tensor SignedSin)[] _tables;

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
        for (var i = 0; i < _tables.Length; i++)
        {
            var (cos, sin) = RotaryPositions.Tables(positions, inverseFrequencies[i], dtype);
            _tables[i] = (cos.unsqueeze(1).DetachFromDisposeScope(), sin.unsqueeze(1).DetachFromDisposeScope());
        }
    }

    /// <summary>The sequences, grouped where neighbours are equally long.</summary>
    public IReadOnlyList<SequenceRun> Runs { get; }

    internal PackedTokens Tokens { get; }

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
    }
}
