using System.Runtime.Intrinsics;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>
/// Attention with a bias over the atoms of one environment, head by head: softmax(q k / sqrt(D) + bias) v. Eight queries at a time; their
/// scores stay in the first-level cache. For head widths that are multiples of sixteen.
/// </summary>
/// <param name="width">Width of the model.</param>
/// <param name="heads">Heads.</param>
internal sealed unsafe class AttentionKernel(int width, int heads)
{
    private const int Queries = 8;
    private const float Log2E = 1.44269504f;
    private readonly int _head = width / heads;
    private readonly float _scale = Log2E / MathF.Sqrt(width / heads);

    /// <summary>Whether the kernel can do this shape.</summary>
    public static bool Fits(AutoencoderShape shape) => shape.HeadWidth % Lanes.Count == 0;

    /// <summary>Floats of scratch memory for n atoms.</summary>
    public long Scratch(int atoms) => (long)Lanes.Padded(atoms) * ((3 * _head) + (2 * Queries)) + (Queries * (long)_head);

    /// <summary>Attention of one environment in one layer.</summary>
    /// <param name="qkv">[n, 3 width] queries, keys, values without their bias; float or bfloat16 (ushort).</param>
    /// <param name="projection">[3 width], their bias.</param>
    /// <param name="n">Atoms.</param>
    /// <param name="bias">[heads, n, n padded] in units of log2, padding hidden.</param>
    /// <param name="to">[n, width].</param>
    /// <param name="scratch">Room for <see cref="Scratch"/> floats.</param>
    public void Run<T>(T* qkv, float* projection, int n, float* bias, T* to, float* scratch)
        where T : unmanaged
    {
        var padded = Lanes.Padded(n);
        var q = scratch;
        var kt = q + ((long)(padded + Queries) * _head);
        var v = kt + ((long)padded * _head);
        var scores = v + ((long)padded * _head);
        for (var h = 0; h < heads; h++)
        {
            Gather(qkv, projection, n, padded, h, q, kt, v);
            for (var i = 0; i < n; i += Queries)
            {
                // Past the last query the last one is done again, and not stored.
                var rows = Math.Min(Queries, n - i);
                Scores(q + ((long)i * _head), kt, bias + ((((long)h * n) + i) * padded), rows, padded, scores);
                Mix(scores, v, padded, rows, to + ((long)i * width) + (h * _head));
            }
        }
    }

    // Queries interleaved in blocks of eight ([block][D][8], scaled), keys transposed ([D][n padded]), values as rows ([n padded][D]).
    private void Gather<T>(T* qkv, float* projection, int n, int padded, int h, float* q, float* kt, float* v)
        where T : unmanaged
    {
        var row = stackalloc float[Lanes.Count];
        for (var i = 0; i < padded; i++)
        {
            var from = qkv + ((long)Math.Min(i, n - 1) * 3 * width) + (h * _head);
            for (var d = 0; d < _head; d += Lanes.Count)
            {
                var offset = (h * _head) + d;
                ((Lanes.Load(from + d) + Vector512.Load(projection + offset)) * Vector512.Create(_scale)).Store(row);
                var block = q + (((long)(i / Queries) * _head * Queries) + (d * Queries) + (i % Queries));
                for (var lane = 0; lane < Lanes.Count; lane++)
                {
                    block[lane * Queries] = row[lane];
                }

                (Lanes.Load(from + width + d) + Vector512.Load(projection + width + offset)).Store(row);
                var column = kt + ((long)d * padded) + i;
                for (var lane = 0; lane < Lanes.Count; lane++)
                {
                    column[(long)lane * padded] = row[lane];
                }

                (Lanes.Load(from + (2 * width) + d) + Vector512.Load(projection + (2 * width) + offset))
                    .Store(v + ((long)i * _head) + d);
            }
        }
    }

    private void Scores(float* q, float* kt, float* bias, int rows, int padded, float* scores)
    {
        var last = rows - 1;
        float* b1 = bias + ((long)Math.Min(1, last) * padded), b2 = bias + ((long)Math.Min(2, last) * padded);
        float* b3 = bias + ((long)Math.Min(3, last) * padded), b4 = bias + ((long)Math.Min(4, last) * padded);
        float* b5 = bias + ((long)Math.Min(5, last) * padded), b6 = bias + ((long)Math.Min(6, last) * padded);
        var b7 = bias + ((long)Math.Min(7, last) * padded);
        Vector512<float> m0 = Vector512.Create(RadialKernel.Hidden), m1 = m0, m2 = m0, m3 = m0, m4 = m0, m5 = m0, m6 = m0, m7 = m0;
        for (var j = 0; j < padded; j += Lanes.Count)
        {
            Vector512<float> s0 = Vector512.Load(bias + j), s1 = Vector512.Load(b1 + j), s2 = Vector512.Load(b2 + j);
            Vector512<float> s3 = Vector512.Load(b3 + j), s4 = Vector512.Load(b4 + j), s5 = Vector512.Load(b5 + j);
            Vector512<float> s6 = Vector512.Load(b6 + j), s7 = Vector512.Load(b7 + j);
            float* key = kt + j, query = q;
            for (var d = 0; d < _head; d++, key += padded, query += Queries)
            {
                var k = Vector512.Load(key);
                s0 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[0]), s0);
                s1 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[1]), s1);
                s2 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[2]), s2);
                s3 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[3]), s3);
                s4 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[4]), s4);
                s5 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[5]), s5);
                s6 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[6]), s6);
                s7 = Vector512.FusedMultiplyAdd(k, Vector512.Create(query[7]), s7);
            }

            var at = scores + (j * Queries);
            s0.Store(at);
            s1.Store(at + 16);
            s2.Store(at + 32);
            s3.Store(at + 48);
            s4.Store(at + 64);
            s5.Store(at + 80);
            s6.Store(at + 96);
            s7.Store(at + 112);
            (m0, m1, m2, m3) = (Vector512.MaxNative(m0, s0), Vector512.MaxNative(m1, s1), Vector512.MaxNative(m2, s2), Vector512.MaxNative(m3, s3));
            (m4, m5, m6, m7) = (Vector512.MaxNative(m4, s4), Vector512.MaxNative(m5, s5), Vector512.MaxNative(m6, s6), Vector512.MaxNative(m7, s7));
        }

        // Scores become weights; each query's sum stands behind them.
        var sums = scores + (padded * Queries);
        sums[0] = Weigh(scores, m0, padded);
        sums[1] = Weigh(scores + 16, m1, padded);
        sums[2] = Weigh(scores + 32, m2, padded);
        sums[3] = Weigh(scores + 48, m3, padded);
        sums[4] = Weigh(scores + 64, m4, padded);
        sums[5] = Weigh(scores + 80, m5, padded);
        sums[6] = Weigh(scores + 96, m6, padded);
        sums[7] = Weigh(scores + 112, m7, padded);
    }

    private static float Weigh(float* scores, Vector512<float> most, int padded)
    {
        var largest = Vector512.Create(Lanes.Largest(most));
        var sum = Vector512<float>.Zero;
        for (var j = 0; j < padded; j += Lanes.Count, scores += Lanes.Count * Queries)
        {
            var weight = Lanes.Exp2(Vector512.Load(scores) - largest);
            weight.Store(scores);
            sum += weight;
        }

        return Vector512.Sum(sum);
    }

    private void Mix<T>(float* scores, float* v, int padded, int rows, T* to)
        where T : unmanaged
    {
        var sums = scores + (padded * Queries);
        for (var c = 0; c < _head; c += Lanes.Count)
        {
            Vector512<float> o0 = default, o1 = default, o2 = default, o3 = default;
            Vector512<float> o4 = default, o5 = default, o6 = default, o7 = default;
            var value = v + c;
            for (var j = 0; j < padded; j += Lanes.Count)
            {
                var weights = scores + (j * Queries);
                for (var lane = 0; lane < Lanes.Count; lane++, value += _head)
                {
                    var x = Vector512.Load(value);
                    o0 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane]), o0);
                    o1 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane + 16]), o1);
                    o2 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane + 32]), o2);
                    o3 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane + 48]), o3);
                    o4 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane + 64]), o4);
                    o5 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane + 80]), o5);
                    o6 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane + 96]), o6);
                    o7 = Vector512.FusedMultiplyAdd(x, Vector512.Create(weights[lane + 112]), o7);
                }
            }

            Put(o0, sums[0], to + c);
            Put(o1, sums[1], rows > 1 ? to + width + c : null);
            Put(o2, sums[2], rows > 2 ? to + (2 * width) + c : null);
            Put(o3, sums[3], rows > 3 ? to + (3 * width) + c : null);
            Put(o4, sums[4], rows > 4 ? to + (4 * width) + c : null);
            Put(o5, sums[5], rows > 5 ? to + (5 * width) + c : null);
            Put(o6, sums[6], rows > 6 ? to + (6 * width) + c : null);
            Put(o7, sums[7], rows > 7 ? to + (7 * width) + c : null);
        }
    }

    private static void Put<T>(Vector512<float> mixed, float sum, T* to)
        where T : unmanaged
    {
        if (to != null)
        {
            Lanes.Store(mixed * Vector512.Create(1 / sum), to);
        }
    }
}
