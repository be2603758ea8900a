using System.Numerics;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring;

/// <summary>Elementwise reduction of bfloat16: computed in single precision, rounded to nearest, ties to even.</summary>
internal static class BFloat16Reduction
{
    /// <summary>data[i] = received[i] op data[i].</summary>
    public static void Apply(ReadOnlySpan<ushort> received, Span<ushort> data, ReduceOp op)
    {
        switch (op)
        {
            case ReduceOp.Sum:
                Apply<Sum>(received, data);
                break;
            case ReduceOp.Max:
                Apply<Max>(received, data);
                break;
            case ReduceOp.Min:
                Apply<Min>(received, data);
                break;
            default:
                throw new NotSupportedException($"unknown reduction {op}");
        }
    }

    private static void Apply<TOp>(ReadOnlySpan<ushort> received, Span<ushort> data) where TOp : struct, IPairwise
    {
        var from = MemoryMarshal.Cast<ushort, Vector<uint>>(received);
        var into = MemoryMarshal.Cast<ushort, Vector<uint>>(data)[..from.Length];
        var upper = new Vector<uint>(0xffff0000);
        for (var i = 0; i < from.Length; i++)
        {
            // Two neighbours in each 32 bits: the upper one is a single already but for its lower half.
            var (a, b) = (from[i], into[i]);
            var high = BFloat16.Round(TOp.Of(Vector.AsVectorSingle(a & upper), Vector.AsVectorSingle(b & upper)));
            var low = BFloat16.Round(TOp.Of(Vector.AsVectorSingle(a << 16), Vector.AsVectorSingle(b << 16)));
            into[i] = (high << 16) | low;
        }

        for (var i = from.Length * Vector<ushort>.Count; i < data.Length; i++)
        {
            var (a, b) = (new Vector<uint>((uint)received[i] << 16), new Vector<uint>((uint)data[i] << 16));
            data[i] = (ushort)BFloat16.Round(TOp.Of(Vector.AsVectorSingle(a), Vector.AsVectorSingle(b)))[0];
        }
    }

    private interface IPairwise
    {
        static abstract Vector<float> Of(Vector<float> a, Vector<float> b);
    }

    private readonly struct Sum : IPairwise
    {
        public static Vector<float> Of(Vector<float> a, Vector<float> b) => a + b;
    }

    private readonly struct Max : IPairwise
    {
        public static Vector<float> Of(Vector<float> a, Vector<float> b) => Vector.Max(a, b);
    }

    private readonly struct Min : IPairwise
    {
        public static Vector<float> Of(Vector<float> a, Vector<float> b) => Vector.Min(a, b);
    }
}
