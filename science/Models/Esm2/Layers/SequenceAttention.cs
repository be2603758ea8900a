using Ism.Models.Kernels;
using TorchSharp;

namespace Ism.Models.Esm2.Layers;

/// <summary>
/// Self-attention within each sequence of a packed batch, forward and backward. On CPUs with 512-bit vectors by
/// <see cref="AttentionRows"/>, which keeps no weights; on others, and in float64, as batched matrix products with the softmax in place
/// between them. On CUDA in half precision it is FlashAttention over all sequences at once.
/// </summary>
/// <param name="scripts">Compiled <see cref="LayerScripts"/>.</param>
/// <param name="heads">Heads.</param>
/// <param name="plain">Never by <see cref="AttentionRows"/>.</param>
internal sealed unsafe class SequenceAttention(torch.jit.CompilationUnit scripts, int heads, bool plain = false)
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
        if (IsByRows(query))
        {
            var sums = torch.empty(heads, query.shape[0], dtype: torch.ScalarType.Float32);
            ForwardRows(new(query, key, value), context, sums, layout);
            return (context.MoveToOuterDisposeScope(), [sums.DetachFromDisposeScope()]);
        }

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
        if (IsByRows(query))
        {
            BackwardRows(new(query, key, value), tape.Attention[0], gradient, new(q, k, v), layout);
            return (q.MoveToOuterDisposeScope(), k.MoveToOuterDisposeScope(), v.MoveToOuterDisposeScope());
        }

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

    private void ForwardRows(Members x, torch.Tensor context, torch.Tensor sums, Esm2Layout layout)
    {
        var (rows, memory) = (Rows(x.Query, layout), x.Memory());
        var (c, s) = ((nint)TensorMemory.Of(context), (nint)TensorMemory.Of(sums));
        EachHead(layout, rows.Scratch, TensorMemory.IsShort(x.Query)
            ? (task, scratch) => rows.Forward<StoredShort>(memory, (byte*)c, (float*)s, task, (float*)scratch)
            : (task, scratch) => rows.Forward<StoredSingle>(memory, (byte*)c, (float*)s, task, (float*)scratch));
    }

    private void BackwardRows(Members x, torch.Tensor sums, torch.Tensor gradient, Members to, Esm2Layout layout)
    {
        var (rows, memory, results) = (Rows(x.Query, layout), x.Memory(), to.Memory());
        var (s, g) = ((nint)TensorMemory.Of(sums), (nint)TensorMemory.Of(gradient));
        EachHead(layout, rows.Scratch, TensorMemory.IsShort(x.Query)
            ? (task, scratch) => rows.Backward<StoredShort>(memory, (float*)s, (byte*)g, results, task, (float*)scratch)
            : (task, scratch) => rows.Backward<StoredSingle>(memory, (float*)s, (byte*)g, results, task, (float*)scratch));
    }

    // Every head of every sequence; a thread takes the next as soon as it has done one. Each is computed alike whichever thread does it.
    private void EachHead(Esm2Layout layout, long scratch, Action<HeadTask, nint> body)
    {
        HeadTask[] tasks = [.. layout.Sequences.SelectMany(sequence =>
            Enumerable.Range(0, heads).Select(head => new HeadTask(head, sequence.Start, sequence.Length)))];
        var threads = Math.Min(torch.get_num_threads(), tasks.Length);
        using var room = torch.empty(threads * scratch, dtype: torch.ScalarType.Float32);
        var (memory, next) = ((nint)TensorMemory.Of(room), -1);
        ComputeThreads.Run(threads, thread =>
        {
            for (var i = Interlocked.Increment(ref next); i < tasks.Length; i = Interlocked.Increment(ref next))
            {
                body(tasks[i], memory + (nint)(thread * scratch * sizeof(float)));
            }
        });
    }

    private AttentionRows Rows(torch.Tensor query, Esm2Layout layout) =>
        new((int)query.shape[1], heads, (int)query.shape[0], layout.Longest);

    private bool IsByRows(torch.Tensor query) => !plain && AttentionRows.Serves(query);

    private static bool IsFused(torch.Tensor query) =>
        query.device_type == DeviceType.CUDA && query.dtype is torch.ScalarType.BFloat16 or torch.ScalarType.Float16;

    private double Scale(torch.Tensor query) => 1 / Math.Sqrt(query.shape[1] / (double)heads);

    private torch.Tensor Split(torch.Tensor x) => x.view(x.shape[0], heads, x.shape[1] / heads);

    // The rows of one sequence as [H, L, d], without a copy.
    private torch.Tensor Heads(torch.Tensor x, int start, int length) =>
        x.narrow(0, start, length).view(length, heads, x.shape[1] / heads).transpose(0, 1);

    private readonly record struct Members(torch.Tensor Query, torch.Tensor Key, torch.Tensor Value)
    {
        public AttentionMemory Memory() => new(TensorMemory.Of(Query), TensorMemory.Of(Key), TensorMemory.Of(Value));
    }
}
