using System.Runtime.Intrinsics;
using TorchSharp;
using Wide = Ism.Models.Autoencoder.Inference.Lanes;

namespace Ism.Models.Kernels;

/// <summary>
/// Attention of one head of one sequence, forward and backward, by blocks of queries whose scores stay in the core's caches: they are
/// never written to memory, and the backward pass computes them again (FlashAttention, Dao et al. 2022, with all keys in one block). A
/// vector holds sixteen queries, so maxima and sums need no step across lanes and no head width is filled up. Arithmetic is float32, also
/// where rows are bfloat16.
/// </summary>
/// <param name="width">Width of the model.</param>
/// <param name="heads">Heads.</param>
/// <param name="tokens">Rows of the batch.</param>
/// <param name="longest">Length of the longest sequence.</param>
internal sealed unsafe class AttentionRows(int width, int heads, int tokens, int longest)
{
    private const float Log2E = 1.44269504088896341f;
    private const int Block = 32;
    private readonly int _head = width / heads;
    private readonly int _high = Up(width / heads, PanelProduct.Rows);
    private readonly int _keys = Up(longest, PanelProduct.Rows);

    /// <summary>Whether this machine and these tensors are for it; others go through libtorch.</summary>
    public static bool Serves(torch.Tensor query) => Vector512.IsHardwareAccelerated && TensorMemory.IsServed(query);

    /// <summary>Floats of scratch memory that one thread needs.</summary>
    public long Scratch => ((long)_keys * ((2 * Block) + (3 * _high) + (2 * Padded))) + (4L * Block * (_high + Padded)) + (2 * Block);

    private int Padded => _head / Block * Block + (_head % Block == 0 ? 0 : PanelProduct.Panel(_head % Block));

    /// <summary>The context of one head of one sequence, and of each query log2 of its sum of scores' powers, which the way back
    /// needs.</summary>
    /// <param name="x">Memory of rotated queries, rotated keys and values, [T, D] each.</param>
    /// <param name="context">Memory of the context [T, D].</param>
    /// <param name="sums">[H, T] float32.</param>
    /// <param name="task">Head, first token and length.</param>
    /// <param name="scratch">Room for <see cref="Scratch"/> floats, aligned to 64 bytes.</param>
    public void Forward<T>(AttentionMemory x, byte* context, float* sums, HeadTask task, float* scratch) where T : struct, IStored
    {
        var (length, keys) = (task.Length, Up(task.Length, PanelProduct.Rows));
        float* scores = scratch, rows = scores + ((long)keys * Block), values = rows + ((long)keys * _high);
        float* queries = values + ((long)keys * _high), mixed = queries + (Block * _high);
        Rows<T>(x.Key, task).ToRows(0, length, keys, 0, _head, _head, rows);
        Rows<T>(x.Value, task).ToColumns(0, length, keys, _high, 1, values);
        sums += ((long)task.Head * tokens) + task.Start;
        for (var i = 0; i < length; i += Block)
        {
            var count = Math.Min(Block, length - i);
            var lanes = count > Wide.Count ? Block : Wide.Count;
            Rows<T>(x.Query, task).ToColumns(i, count, lanes, _head, Log2E / MathF.Sqrt(_head), queries);
            PanelProduct.Run(lanes, rows, _head, keys, _head, queries, scores);
            for (var lane = 0; lane < lanes; lane += Wide.Count)
            {
                var (most, sum) = Weigh(scores + lane, lanes, length, keys);
                Note(sums + i + lane, Math.Min(Wide.Count, count - lane), most, sum);
                (Vector512<float>.One / sum).Store(mixed + (_high * Block) + lane);
            }

            PanelProduct.Run(lanes, values, keys, _high, keys, scores, mixed);
            for (var lane = 0; lane < lanes; lane += Wide.Count)
            {
                var inverse = Vector512.Load(mixed + (_high * Block) + lane);
                for (var channel = 0; channel < _head; channel++)
                {
                    var at = mixed + (channel * lanes) + lane;
                    (Vector512.Load(at) * inverse).Store(at);
                }
            }

            Rows<T>(context, task).FromColumns(mixed, lanes, i, count);
        }
    }

    /// <summary>The gradients of one head's queries, keys and values.</summary>
    /// <param name="forward">Memory of queries, keys and values as <see cref="Forward"/> had them.</param>
    /// <param name="sums">What it left besides.</param>
    /// <param name="gradient">Memory of the context's gradient [T, D].</param>
    /// <param name="to">Where the gradients of queries, keys and values go, [T, D] each.</param>
    /// <param name="task">Head, first token and length.</param>
    /// <param name="scratch">Room for <see cref="Scratch"/> floats, aligned to 64 bytes.</param>
    public void Backward<T>(
        AttentionMemory forward, float* sums, byte* gradient, AttentionMemory to, HeadTask task, float* scratch) where T : struct, IStored
    {
        var (length, keys) = (task.Length, Up(task.Length, PanelProduct.Rows));
        var scale = 1 / MathF.Sqrt(_head);
        float* weights = scratch, slopes = weights + ((long)keys * Block), rows = slopes + ((long)keys * Block);
        float* values = rows + ((long)keys * _high), columns = values + ((long)keys * _high);
        float* keySums = columns + ((long)keys * _high), valueSums = keySums + ((long)keys * Padded);
        float* queries = valueSums + ((long)keys * Padded), upstream = queries + (Block * _high), turned = upstream + (Block * _high);
        float* panel = turned + (Block * _high), level = panel + (Block * Padded);
        var (query, above) = (Rows<T>(forward.Query, task), Rows<T>(gradient, task));
        Rows<T>(forward.Key, task).ToRows(0, length, keys, 0, _head, _head, rows);
        Rows<T>(forward.Value, task).ToRows(0, length, keys, 0, _head, _head, values);
        Rows<T>(forward.Key, task).ToColumns(0, length, keys, _high, 1, columns);
        new Span<float>(keySums, keys * 2 * Padded).Clear();
        sums += ((long)task.Head * tokens) + task.Start;
        for (var i = 0; i < length; i += Block)
        {
            var count = Math.Min(Block, length - i);
            var lanes = count > Wide.Count ? Block : Wide.Count;
            query.ToColumns(i, count, lanes, _head, Log2E * scale, queries);
            above.ToColumns(i, count, lanes, _head, 1, upstream);
            for (var lane = 0; lane < lanes; lane++)
            {
                level[lane] = lane < count ? sums[i + lane] : 0;
            }

            PanelProduct.Run(lanes, rows, _head, keys, _head, queries, weights);
            PanelProduct.Run(lanes, values, _head, keys, _head, upstream, slopes);
            Slopes(weights, slopes, lanes, length, keys, level, scale);
            PanelProduct.Run(lanes, columns, keys, _high, keys, slopes, turned);
            Rows<T>(to.Query, task).FromColumns(turned, lanes, i, count);
            for (var column = 0; column < _head; column += Block)
            {
                var have = Math.Min(Block, _head - column);
                var wide = PanelProduct.Panel(have);
                above.ToRows(i, count, lanes, column, have, wide, panel);
                PanelProduct.Run(wide, weights, lanes, keys, lanes, panel, valueSums + ((long)keys * column), add: true);
                query.ToRows(i, count, lanes, column, have, wide, panel);
                PanelProduct.Run(wide, slopes, lanes, keys, lanes, panel, keySums + ((long)keys * column), add: true);
            }
        }

        for (var column = 0; column < _head; column += Block)
        {
            var have = Math.Min(Block, _head - column);
            Rows<T>(to.Key, task).FromRows(keySums + ((long)keys * column), PanelProduct.Panel(have), length, column, have);
            Rows<T>(to.Value, task).FromRows(valueSums + ((long)keys * column), PanelProduct.Panel(have), length, column, have);
        }
    }

    private static int Up(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

    private HeadRows<T> Rows<T>(byte* memory, HeadTask task) where T : struct, IStored =>
        new(memory, ((long)task.Start * width) + (task.Head * _head), width, _head);

    // Sixteen queries' scores, in units of log2, become weights that are not yet divided by their sum.
    private static (Vector512<float> Most, Vector512<float> Sum) Weigh(float* scores, int lanes, int length, int keys)
    {
        Vector512<float> most = Vector512.Load(scores), other = most;
        var j = 0;
        for (; j < length - 1; j += 2)
        {
            most = Vector512.MaxNative(most, Vector512.Load(scores + ((long)j * lanes)));
            other = Vector512.MaxNative(other, Vector512.Load(scores + ((long)(j + 1) * lanes)));
        }

        most = Vector512.MaxNative(Vector512.MaxNative(most, other), Vector512.Load(scores + ((long)(length - 1) * lanes)));
        var sum = Vector512<float>.Zero;
        for (j = 0; j < length; j++)
        {
            var weight = Wide.Exp2(Vector512.Load(scores + ((long)j * lanes)) - most);
            weight.Store(scores + ((long)j * lanes));
            sum += weight;
        }

        for (; j < keys; j++)
        {
            Vector512<float>.Zero.Store(scores + ((long)j * lanes));
        }

        return (most, sum);
    }

    private static void Note(float* to, int count, Vector512<float> most, Vector512<float> sum)
    {
        for (var lane = 0; lane < count; lane++)
        {
            to[lane] = most[lane] + MathF.Log2(sum[lane]);
        }
    }

    // Scores become weights, and the weights' gradients those of the unscaled scores: w (g - sum of w g over the keys) scale.
    private static void Slopes(float* weights, float* slopes, int lanes, int length, int keys, float* level, float scale)
    {
        var factor = Vector512.Create(scale);
        for (var lane = 0; lane < lanes; lane += Wide.Count)
        {
            var (log, dot) = (Vector512.Load(level + lane), Vector512<float>.Zero);
            var j = 0;
            for (; j < length; j++)
            {
                float* w = weights + ((long)j * lanes) + lane, g = slopes + ((long)j * lanes) + lane;
                var weight = Wide.Exp2(Vector512.Load(w) - log);
                weight.Store(w);
                dot = Vector512.FusedMultiplyAdd(weight, Vector512.Load(g), dot);
            }

            for (; j < keys; j++)
            {
                Vector512<float>.Zero.Store(weights + ((long)j * lanes) + lane);
                Vector512<float>.Zero.Store(slopes + ((long)j * lanes) + lane);
            }

            for (j = 0; j < length; j++)
            {
                float* w = weights + ((long)j * lanes) + lane, g = slopes + ((long)j * lanes) + lane;
                (Vector512.Load(w) * (Vector512.Load(g) - dot) * factor).Store(g);
            }
        }
    }
}

/// <summary>One head of one sequence.</summary>
/// <param name="Head">Which head.</param>
/// <param name="Start">Row of the sequence's first token.</param>
/// <param name="Length">Its tokens.</param>
internal readonly record struct HeadTask(int Head, int Start, int Length);

/// <summary>Memory of queries, keys and values, [T, D] each, or of their gradients.</summary>
internal readonly unsafe struct AttentionMemory(byte* query, byte* key, byte* value)
{
    public readonly byte* Query = query;
    public readonly byte* Key = key;
    public readonly byte* Value = value;
}
