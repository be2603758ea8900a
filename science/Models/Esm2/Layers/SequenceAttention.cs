using Ism.Models.Kernels;
using TorchSharp;

namespace Ism.Models.Esm2.Layers;

/// <summary>
/// Self-attention within each sequence of a packed batch, forward and backward. On the CPU a sequence's heads are batched matrix products
/// with the softmax in place between them, and the weights are kept: that beats libtorch's fused kernel for the narrow heads of ESM2
/// (16 to 64), the more so in bfloat16. On CUDA in half precision it is FlashAttention over all sequences at once.
/// </summary>
internal sealed class SequenceAttention(torch.jit.CompilationUnit scripts, int heads)
{
    /// <summary>Context [T, D] of q, k, v [T, D], and what <see cref="Backward"/> needs of it.</summary>
    public (torch.Tensor Context, torch.Tensor[] Kept) Forward(
        torch.Tensor query, torch.Tensor key, torch.Tensor value, Esm2Layout layout)
    {
        using var scope = torch.NewDisposeScope();
        var scale = Scale(query);
        if (IsFused(query))
        {
            using Scalar number = scale.ToScalar(), longest = layout.Longest.ToScalar();
            var results = (torch.Tensor[])scripts.invoke(
                "flash", Split(query), Split(key), Split(value), layout.Borders(), longest, number);
            var packed = results[0].reshape(query.shape);
            return (packed.MoveToOuterDisposeScope(), [.. results.Select(result => result.MoveToOuterDisposeScope())]);
        }

        var context = torch.empty_like(query);
        var kept = new List<torch.Tensor>();
        foreach (var (start, length) in layout.Sequences)
        {
            using var one = torch.NewDisposeScope();
            var weights = torch.bmm(Heads(query, start, length), Heads(key, start, length).transpose(1, 2));
            SoftmaxRows.Forward(weights, scale);
            _ = Heads(context, start, length).copy_(torch.bmm(weights, Heads(value, start, length)));
            kept.Add(weights.DetachFromDisposeScope());
        }

        return (context.MoveToOuterDisposeScope(), [.. kept]);
    }

    /// <summary>Gradients of q, k, v from that of the context, [T, D] each.</summary>
    public (torch.Tensor Query, torch.Tensor Key, torch.Tensor Value) Backward(torch.Tensor gradient, LayerTape tape, Esm2Layout layout)
    {
        using var scope = torch.NewDisposeScope();
        var (query, key, value) = tape.Projected;
        var scale = Scale(query);
        if (IsFused(query))
        {
            using Scalar number = scale.ToScalar(), longest = layout.Longest.ToScalar();
            var kept = tape.Attention;
            var results = (torch.Tensor[])scripts.invoke(
                "flash_backward", Split(gradient), Split(query), Split(key), Split(value), kept[0], kept[1], layout.Borders(),
                longest, kept[2], kept[3], number);
            return (Joined(results[0]), Joined(results[1]), Joined(results[2]));
        }

        var (q, k, v) = (torch.empty_like(query), torch.empty_like(key), torch.empty_like(value));
        var place = 0;
        foreach (var (start, length) in layout.Sequences)
        {
            using var one = torch.NewDisposeScope();
            var weights = tape.Attention[place++];
            var context = Heads(gradient, start, length);
            _ = Heads(v, start, length).copy_(torch.bmm(weights.transpose(1, 2), context));
            var scores = torch.bmm(context, Heads(value, start, length).transpose(1, 2));
            SoftmaxRows.Backward(scores, weights, scale);
            _ = Heads(q, start, length).copy_(torch.bmm(scores, Heads(key, start, length)));
            _ = Heads(k, start, length).copy_(torch.bmm(scores.transpose(1, 2), Heads(query, start, length)));
        }

        return (q.MoveToOuterDisposeScope(), k.MoveToOuterDisposeScope(), v.MoveToOuterDisposeScope());

        torch.Tensor Joined(torch.Tensor x) => x.reshape(query.shape).MoveToOuterDisposeScope();
    }

    private static bool IsFused(torch.Tensor query) =>
        query.device_type == DeviceType.CUDA && query.dtype is torch.ScalarType.BFloat16 or torch.ScalarType.Float16;

    private double Scale(torch.Tensor query) => 1 / Math.Sqrt(query.shape[1] / (double)heads);

    private torch.Tensor Split(torch.Tensor x) => x.view(x.shape[0], heads, x.shape[1] / heads);

    // The rows of one sequence as [H, L, d], without a copy.
    private torch.Tensor Heads(torch.Tensor x, int start, int length) =>
        x.narrow(0, start, length).view(length, heads, x.shape[1] / heads).transpose(0, 1);
}
