using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// ESM2's compensation for masked inputs: mask embeddings are zero, and each sequence is scaled so that the expected magnitude is
/// that of training with 15 % chosen, 80 % of them masked. It applies in evaluation too: 0.88 for a sequence without a mask.
/// </summary>
internal static class TokenDropout
{
    private const double MaskShareInTraining = 0.15 * 0.8;

    /// <summary>Lengths of the sequences [B] and the sequence of each token [T], int64.</summary>
    public static (torch.Tensor Lengths, torch.Tensor Sequences) Index(PackedTokens tokens)
    {
        var device = tokens.Ids.device;
        using var scope = torch.NewDisposeScope();
        var lengths = torch.tensor(tokens.Lengths.Select(length => (long)length).ToArray(), device: device);
        var sequences = torch.repeat_interleave(torch.arange(Held.Of(tokens.Lengths.Count), device: device), lengths);
        return (lengths.MoveToOuterDisposeScope(), sequences.MoveToOuterDisposeScope());
    }

    /// <summary>The factor of each token, [T].</summary>
    public static torch.Tensor Scale(
        torch.Tensor isMask, torch.Tensor lengths, torch.Tensor sequences, torch.ScalarType dtype)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var masks = torch.zeros_like(lengths).index_add(0, sequences, isMask.to_type(torch.ScalarType.Int64), Held.Of(1));
        var share = masks.to_type(dtype) / lengths.to_type(dtype);
        return (Held.Of(1 - MaskShareInTraining) / (Held.Of(1) - share)).index_select(0, sequences).MoveToOuterDisposeScope();
    }
}
