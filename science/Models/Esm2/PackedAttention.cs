using Ism.Models.Numerics;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Models.Esm2;

/// <summary>Self-attention within each sequence of a packed batch. Runs of equal lengths are one batched call.</summary>
internal static class PackedAttention
{
    /// <summary>
    /// softmax(q k^T / sqrt(d)) v per sequence and head. q, k, v [T, H, d]; returns [T, H * d].
    /// The checkpoints' authors multiply q by d^-0.5 before rotating it; a rotation is linear, so it may come later.
    /// </summary>
    public static torch.Tensor Attend(torch.Tensor q, torch.Tensor k, torch.Tensor v, IReadOnlyList<SequenceRun> runs)
    {
        using var scope = torch.NewDisposeScope();
        var parts = new torch.Tensor[runs.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var context = functional.scaled_dot_product_attention(Heads(q, runs[i]), Heads(k, runs[i]), Heads(v, runs[i]));
            parts[i] = Rows(context);
        }

        return (parts.Length == 1 ? parts[0] : torch.cat(parts, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The same, spelt out so that <paramref name="onWeights"/> sees the attention weights of each sequence in turn,
    /// [H, L, L]. It must not keep the tensor it is given.</summary>
    public static torch.Tensor AttendWithWeights(
        torch.Tensor q, torch.Tensor k, torch.Tensor v, IReadOnlyList<SequenceRun> runs, Action<int, torch.Tensor> onWeights)
    {
        using var scope = torch.NewDisposeScope();
        var scaled = q * Held.Of(1 / Math.Sqrt(q.shape[^1]));
        var parts = new List<torch.Tensor>();
        var sequence = 0;
        foreach (var run in runs)
        {
            for (var i = 0; i < run.Count; i++)
            {
                var one = new SequenceRun(run.Start + (i * run.Length), 1, run.Length);
                var weights = Heads(scaled, one).matmul(Heads(k, one).transpose(-2, -1)).softmax(-1);
                onWeights(sequence++, weights.squeeze(0));
                parts.Add(Rows(weights.matmul(Heads(v, one))));
            }
        }

        return torch.cat([.. parts], 0).MoveToOuterDisposeScope();
    }

    /// <summary>The rows of a run of [T, H, d] as [count, H, length, d], without a copy.</summary>
    private static torch.Tensor Heads(torch.Tensor x, SequenceRun run) =>
        x.narrow(0, run.Start, (long)run.Count * run.Length).view(run.Count, run.Length, x.shape[1], x.shape[2]).transpose(1, 2);

    private static torch.Tensor Rows(torch.Tensor context) =>
        context.transpose(1, 2).reshape(context.shape[0] * context.shape[2], context.shape[1] * context.shape[3]);
}
