using System.Runtime.Intrinsics;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>The attention biases of <see cref="RadialBias"/> for one environment, without the expansion ever being in memory: sixteen
/// distances at a time, their Gaussians in a buffer of one kilobyte, and from these every head of every layer.</summary>
internal sealed unsafe class RadialKernel
{
    // Gaussians further off are below 1e-9, less than the rounding of a sum with the others.
    private const float Reach = 4.6f;

    private const int Together = 8;
    private const float Log2E = 1.44269504f;
    private readonly int _outputs;
    private readonly int _bases;
    private readonly float _inverseSpacing;
    private readonly float[] _weights;

    /// <param name="shape">Shape of the encoder.</param>
    /// <param name="weights">[layers x heads, bases], row by row.</param>
    public RadialKernel(AutoencoderShape shape, ReadOnlySpan<float> weights)
    {
        _bases = shape.RadialBases;
        _outputs = shape.Layers * shape.Heads;
        _inverseSpacing = (float)((_bases - 1) / shape.RadialMaximum);

        // [bases, outputs] in units of log2, so that the softmax needs powers of two only; outputs padded to a whole step.
        var padded = (_outputs + Together - 1) / Together * Together;
        _weights = new float[_bases * padded];
        for (var c = 0; c < _outputs; c++)
        {
            for (var k = 0; k < _bases; k++)
            {
                _weights[(k * padded) + c] = weights[(c * _bases) + k] * Log2E;
            }
        }
    }

    /// <summary>Floats that <see cref="Run"/> writes for n atoms.</summary>
    public static long Size(int outputs, int atoms) => (long)outputs * atoms * Lanes.Padded(atoms);

    /// <summary>Writes biases [outputs, n padded / 16, n, 16] times log2 e: for each block of sixteen queries a row per key. Padding
    /// repeats the last atom.</summary>
    /// <param name="coordinates">[n x 3] in Å.</param>
    /// <param name="n">Atoms.</param>
    /// <param name="axes">Room for 3 x n padded floats.</param>
    /// <param name="to">The biases.</param>
    public void Run(ReadOnlySpan<float> coordinates, int n, float* axes, float* to)
    {
        var padded = Lanes.Padded(n);
        for (var i = 0; i < padded; i++)
        {
            var from = Math.Min(i, n - 1) * 3;
            for (var axis = 0; axis < 3; axis++)
            {
                axes[(axis * padded) + i] = coordinates[from + axis];
            }
        }

        var gaussians = stackalloc float[_bases * Lanes.Count];
        fixed (float* weights = _weights)
        {
            for (var j = 0; j < padded; j += Lanes.Count)
            {
                // A bias is the same both ways: what lies left of the diagonal is turned over from what lies right of it.
                for (var i = 0; i < Math.Min(n, j + Lanes.Count); i++)
                {
                    var (first, end) = Expand(axes, padded, i, j, gaussians);
                    Mix(weights, gaussians, first, end, to + (((long)j * n) + (i * Lanes.Count)), (long)n * padded);
                }
            }

            for (var c = 0; c < _outputs; c++, to += (long)n * padded)
            {
                for (var j = 0; j < padded; j += Lanes.Count)
                {
                    for (var i = j + Lanes.Count; i < padded; i += Lanes.Count)
                    {
                        Tiles.Transpose(to + ((long)i * n) + (j * Lanes.Count), to + ((long)j * n) + (i * Lanes.Count), n - i);
                    }
                }
            }
        }
    }

    private (int First, int End) Expand(float* axes, int padded, int i, int j, float* gaussians)
    {
        var dx = Vector512.Load(axes + j) - Vector512.Create(axes[i]);
        var dy = Vector512.Load(axes + padded + j) - Vector512.Create(axes[padded + i]);
        var dz = Vector512.Load(axes + (2 * padded) + j) - Vector512.Create(axes[(2 * padded) + i]);
        var steps = Vector512.Sqrt((dx * dx) + (dy * dy) + (dz * dz)) * Vector512.Create(_inverseSpacing);
        var first = Math.Clamp((int)(Lanes.Smallest(steps) - Reach), 0, _bases - 1);
        var end = Math.Clamp((int)(-Lanes.Smallest(-steps) + Reach) + 1, first + 1, _bases);
        for (var k = first; k < end; k++)
        {
            var offset = steps - Vector512.Create((float)k);
            Lanes.Exp2(offset * offset * Vector512.Create(-Log2E)).Store(gaussians + (k * Lanes.Count));
        }

        return (first, end);
    }

    private void Mix(float* weights, float* gaussians, int first, int end, float* to, long stride)
    {
        var padded = (_outputs + Together - 1) / Together * Together;
        for (var c = 0; c < _outputs; c += Together)
        {
            var w = weights + (first * padded) + c;
            Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
            Vector512<float> a4 = default, a5 = default, a6 = default, a7 = default;
            for (var k = first; k < end; k++, w += padded)
            {
                var g = Vector512.Load(gaussians + (k * Lanes.Count));
                a0 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[0]), a0);
                a1 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[1]), a1);
                a2 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[2]), a2);
                a3 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[3]), a3);
                a4 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[4]), a4);
                a5 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[5]), a5);
                a6 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[6]), a6);
                a7 = Vector512.FusedMultiplyAdd(g, Vector512.Create(w[7]), a7);
            }

            var left = _outputs - c;
            var at = to + (c * stride);
            Put(a0, at);
            Put(a1, left > 1 ? at + stride : null);
            Put(a2, left > 2 ? at + (2 * stride) : null);
            Put(a3, left > 3 ? at + (3 * stride) : null);
            Put(a4, left > 4 ? at + (4 * stride) : null);
            Put(a5, left > 5 ? at + (5 * stride) : null);
            Put(a6, left > 6 ? at + (6 * stride) : null);
            Put(a7, left > 7 ? at + (7 * stride) : null);
        }
    }

    private static void Put(Vector512<float> bias, float* to)
    {
        if (to != null)
        {
            bias.Store(to);
        }
    }
}
