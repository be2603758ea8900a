using System.Runtime.Intrinsics;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>
/// Attention with a bias over the atoms of one environment, head by head: softmax(q k / sqrt(D) + bias) v. A vector holds sixteen queries,
/// so maxima and sums need no step across lanes, and their scores stay in the first-level cache. For head widths that are multiples of
/// sixteen, and biases that are symmetric in the two atoms.
/// </summary>
/// <param name="width">Width of the model.</param>
/// <param name="heads">Heads.</param>
internal sealed unsafe class AttentionKernel(int width, int heads)
{
    private const float Log2E = 1.44269504f;
    private readonly int _head = width / heads;
    private readonly float _scale = Log2E / MathF.Sqrt(width / heads);

    /// <summary>Whether the kernel can do this shape.</summary>
    public static bool Fits(AutoencoderShape shape) => shape.HeadWidth % Lanes.Count == 0;

    /// <summary>Floats of scratch memory for n atoms.</summary>
    public long Scratch(int atoms) => ((long)atoms * ((2 * _head) + Lanes.Count)) + (2L * _head * Lanes.Count);

    /// <summary>Attention of one environment in one layer.</summary>
    /// <param name="qkv">[n, 3 width] queries, keys, values without their bias; float or bfloat16 (ushort).</param>
    /// <param name="projection">[3 width], their bias.</param>
    /// <param name="n">Atoms.</param>
    /// <param name="bias">[heads, n padded / 16, n keys, 16 queries] in units of log2.</param>
    /// <param name="to">[n, width].</param>
    /// <param name="scratch">Room for <see cref="Scratch"/> floats.</param>
    public void Run<T>(T* qkv, float* projection, int n, float* bias, T* to, float* scratch)
        where T : unmanaged
    {
        var padded = Lanes.Padded(n);
        var keys = scratch;
        var values = keys + ((long)n * _head);
        var scores = values + ((long)n * _head);
        var queries = scores + ((long)n * Lanes.Count);
        var mixed = queries + ((long)_head * Lanes.Count);
        for (var h = 0; h < heads; h++)
        {
            Gather(qkv + width + (h * _head), n, keys);
            Gather(qkv + (2 * width) + (h * _head), n, values);
            for (var i = 0; i < padded; i += Lanes.Count)
            {
                var lanes = Math.Min(Lanes.Count, n - i);
                Transpose(qkv + ((long)i * 3 * width) + (h * _head), projection + (h * _head), lanes, queries);
                Vector512<float> most = default;
                for (var d = 0; d < _head; d += Lanes.Count)
                {
                    most = d == 0
                        ? Scores(queries, keys, bias + ((long)i * n), n, scores)
                        : Scores(queries + (d * Lanes.Count), keys + d, scores, n, scores);
                }

                var inverse = Vector512<float>.One / Weigh(scores, most, n);
                for (var d = 0; d < _head; d += Lanes.Count)
                {
                    Mix(scores, values + d, n, inverse, mixed + (d * Lanes.Count));
                }

                Put(mixed, projection + (2 * width) + (h * _head), lanes, to + ((long)i * width) + (h * _head));
            }

            bias += (long)n * padded;
        }
    }

    // Rows of one head, end to end. The keys' bias adds the same to all scores of a query, which the softmax does not see; that of the
    // values comes out as it is, since weights add up to 1.
    private void Gather<T>(T* from, int n, float* to)
        where T : unmanaged
    {
        for (var j = 0; j < n; j++, from += 3 * width, to += _head)
        {
            for (var d = 0; d < _head; d += Lanes.Count)
            {
                Lanes.Load(from + d).Store(to + d);
            }
        }
    }

    // Sixteen queries as [D][16], scaled. Lanes behind the last query repeat it and are never stored.
    private void Transpose<T>(T* from, float* projection, int lanes, float* to)
        where T : unmanaged
    {
        var row = stackalloc float[Lanes.Count];
        for (var lane = 0; lane < Lanes.Count; lane++)
        {
            var query = from + ((long)Math.Min(lane, lanes - 1) * 3 * width);
            for (var d = 0; d < _head; d += Lanes.Count)
            {
                ((Lanes.Load(query + d) + Vector512.Load(projection + d)) * Vector512.Create(_scale)).Store(row);
                var column = to + (d * Lanes.Count) + lane;
                for (var c = 0; c < Lanes.Count; c++)
                {
                    column[c * Lanes.Count] = row[c];
                }
            }
        }
    }

    // Adds sixteen channels' share of the scores of sixteen queries with every key; returns the largest of each query.
    private Vector512<float> Scores(float* queries, float* keys, float* bias, int n, float* scores)
    {
        Vector512<float> q0 = Vector512.Load(queries), q1 = Vector512.Load(queries + 16), q2 = Vector512.Load(queries + 32);
        Vector512<float> q3 = Vector512.Load(queries + 48), q4 = Vector512.Load(queries + 64), q5 = Vector512.Load(queries + 80);
        Vector512<float> q6 = Vector512.Load(queries + 96), q7 = Vector512.Load(queries + 112), q8 = Vector512.Load(queries + 128);
        Vector512<float> q9 = Vector512.Load(queries + 144), qa = Vector512.Load(queries + 160), qb = Vector512.Load(queries + 176);
        Vector512<float> qc = Vector512.Load(queries + 192), qd = Vector512.Load(queries + 208), qe = Vector512.Load(queries + 224);
        var qf = Vector512.Load(queries + 240);
        var most = Vector512.Create(float.MinValue);
        for (var j = 0; j < n; j++, keys += _head, bias += Lanes.Count, scores += Lanes.Count)
        {
            // Four sums, so that no product waits for the one before.
            var s0 = Vector512.FusedMultiplyAdd(q0, Vector512.Create(keys[0]), Vector512.Load(bias));
            var s1 = q1 * Vector512.Create(keys[1]);
            var s2 = q2 * Vector512.Create(keys[2]);
            var s3 = q3 * Vector512.Create(keys[3]);
            s0 = Vector512.FusedMultiplyAdd(q4, Vector512.Create(keys[4]), s0);
            s1 = Vector512.FusedMultiplyAdd(q5, Vector512.Create(keys[5]), s1);
            s2 = Vector512.FusedMultiplyAdd(q6, Vector512.Create(keys[6]), s2);
            s3 = Vector512.FusedMultiplyAdd(q7, Vector512.Create(keys[7]), s3);
            s0 = Vector512.FusedMultiplyAdd(q8, Vector512.Create(keys[8]), s0);
            s1 = Vector512.FusedMultiplyAdd(q9, Vector512.Create(keys[9]), s1);
            s2 = Vector512.FusedMultiplyAdd(qa, Vector512.Create(keys[10]), s2);
            s3 = Vector512.FusedMultiplyAdd(qb, Vector512.Create(keys[11]), s3);
            s0 = Vector512.FusedMultiplyAdd(qc, Vector512.Create(keys[12]), s0);
            s1 = Vector512.FusedMultiplyAdd(qd, Vector512.Create(keys[13]), s1);
            s2 = Vector512.FusedMultiplyAdd(qe, Vector512.Create(keys[14]), s2);
            s3 = Vector512.FusedMultiplyAdd(qf, Vector512.Create(keys[15]), s3);
            var score = (s0 + s1) + (s2 + s3);
            score.Store(scores);
            most = Vector512.MaxNative(most, score);
        }

        return most;
    }

    // Scores become weights, powers of two; returns each query's sum.
    private static Vector512<float> Weigh(float* scores, Vector512<float> most, int n)
    {
        var sum = Vector512<float>.Zero;
        for (var j = 0; j < n; j++, scores += Lanes.Count)
        {
            var weight = Lanes.Exp2(Vector512.Load(scores) - most);
            weight.Store(scores);
            sum += weight;
        }

        return sum;
    }

    // Sixteen channels of the weighted mean of the values, [16 channels][16 queries].
    private void Mix(float* weights, float* values, int n, Vector512<float> inverse, float* to)
    {
        Vector512<float> o0 = default, o1 = default, o2 = default, o3 = default, o4 = default, o5 = default, o6 = default, o7 = default;
        Vector512<float> o8 = default, o9 = default, oa = default, ob = default, oc = default, od = default, oe = default, of = default;
        for (var j = 0; j < n; j++, weights += Lanes.Count, values += _head)
        {
            var w = Vector512.Load(weights);
            o0 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[0]), o0);
            o1 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[1]), o1);
            o2 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[2]), o2);
            o3 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[3]), o3);
            o4 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[4]), o4);
            o5 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[5]), o5);
            o6 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[6]), o6);
            o7 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[7]), o7);
            o8 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[8]), o8);
            o9 = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[9]), o9);
            oa = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[10]), oa);
            ob = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[11]), ob);
            oc = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[12]), oc);
            od = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[13]), od);
            oe = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[14]), oe);
            of = Vector512.FusedMultiplyAdd(w, Vector512.Create(values[15]), of);
        }

        (o0 * inverse).Store(to);
        (o1 * inverse).Store(to + 16);
        (o2 * inverse).Store(to + 32);
        (o3 * inverse).Store(to + 48);
        (o4 * inverse).Store(to + 64);
        (o5 * inverse).Store(to + 80);
        (o6 * inverse).Store(to + 96);
        (o7 * inverse).Store(to + 112);
        (o8 * inverse).Store(to + 128);
        (o9 * inverse).Store(to + 144);
        (oa * inverse).Store(to + 160);
        (ob * inverse).Store(to + 176);
        (oc * inverse).Store(to + 192);
        (od * inverse).Store(to + 208);
        (oe * inverse).Store(to + 224);
        (of * inverse).Store(to + 240);
    }

    // [D][16 queries] to rows, with the values' bias.
    private void Put<T>(float* mixed, float* projection, int lanes, T* to)
        where T : unmanaged
    {
        var row = stackalloc float[Lanes.Count];
        for (var lane = 0; lane < lanes; lane++, to += width)
        {
            for (var d = 0; d < _head; d += Lanes.Count)
            {
                var column = mixed + (d * Lanes.Count) + lane;
                for (var c = 0; c < Lanes.Count; c++)
                {
                    row[c] = column[c * Lanes.Count];
                }

                Lanes.Store(Vector512.Load(row) + Vector512.Load(projection + d), to + d);
            }
        }
    }
}
