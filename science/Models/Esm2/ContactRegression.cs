using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// Contact probabilities from attention maps (Rao et al. 2021): per head symmetrised, corrected by the average product, weighted
/// by a logistic regression over all heads of all layers. Adds up layer by layer, so that no more than one layer's maps are kept.
/// </summary>
internal sealed class ContactRegression : IDisposable
{
    private readonly torch.Tensor _weight;
    private readonly torch.Tensor _bias;
    private readonly torch.Tensor[] _isEnd;
    private readonly torch.Tensor?[] _sums;

    /// <param name="weight">[1, layers * heads].</param>
    /// <param name="bias">[1].</param>
    /// <param name="tokens">The batch whose maps will be added.</param>
    public ContactRegression(torch.Tensor weight, torch.Tensor bias, PackedTokens tokens)
    {
        (_weight, _bias) = (weight, bias);
        _sums = new torch.Tensor?[tokens.Lengths.Count];
        _isEnd = new torch.Tensor[tokens.Lengths.Count];
        long start = 0;
        for (var i = 0; i < _isEnd.Length; i++)
        {
            using var ids = tokens.Ids.narrow(0, start, tokens.Lengths[i]);
            _isEnd[i] = ids.eq(Held.Of(Esm2Alphabet.Eos)).DetachFromDisposeScope();
            start += tokens.Lengths[i];
        }
    }

    /// <summary>Adds the attention weights [H, L, L] of one layer of one sequence.</summary>
    public void Add(int layer, int sequence, torch.Tensor attention)
    {
        using var scope = torch.NewDisposeScope();
        var heads = attention.shape[0];
        var length = attention.shape[1];
        var end = _isEnd[sequence];
        var kept = attention.masked_fill(end.unsqueeze(0), Held.Of(0)).masked_fill(end.unsqueeze(1), Held.Of(0))
            .narrow(1, 1, length - 2).narrow(2, 1, length - 2);
        var symmetric = kept + kept.transpose(1, 2);
        var rows = symmetric.sum(2, keepdim: true);
        var corrected = symmetric - (rows * rows.transpose(1, 2) / rows.sum(1, keepdim: true));
        var weights = _weight.narrow(1, layer * heads, heads).view(heads, 1, 1);
        var sum = (corrected * weights).sum(dim: 0L);
        var previous = _sums[sequence];
        _sums[sequence] = (previous is null ? sum : previous + sum).DetachFromDisposeScope();
        previous?.Dispose();
    }

    /// <summary>The probabilities of every sequence, [L - 2, L - 2]; the caller owns them.</summary>
    public IReadOnlyList<torch.Tensor> Probabilities()
    {
        using var scope = torch.NewDisposeScope();
        return [.. _sums.Select(sum => (sum! + _bias).sigmoid().DetachFromDisposeScope())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _isEnd.Concat(_sums))
        {
            tensor?.Dispose();
        }
    }
}
