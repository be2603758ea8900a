using System.Numerics;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring;

/// <summary>Elementwise reduction of a received segment into this rank's data, with SIMD.</summary>
internal static class Reduction
{
    /// <summary>data[i] = received[i] op data[i]; lengths in bytes, a whole number of elements.</summary>
    public static void Apply(ReadOnlySpan<byte> received, Span<byte> data, ElementType type, ReduceOp op)
    {
        switch (type)
        {
            case ElementType.Float32:
                Apply(MemoryMarshal.Cast<byte, float>(received), MemoryMarshal.Cast<byte, float>(data), op);
                break;
            case ElementType.Float64:
                Apply(MemoryMarshal.Cast<byte, double>(received), MemoryMarshal.Cast<byte, double>(data), op);
                break;
            case ElementType.Int64:
                Apply(MemoryMarshal.Cast<byte, long>(received), MemoryMarshal.Cast<byte, long>(data), op);
                break;
            case ElementType.BFloat16:
                BFloat16Reduction.Apply(MemoryMarshal.Cast<byte, ushort>(received), MemoryMarshal.Cast<byte, ushort>(data), op);
                break;
            default:
                throw new NotSupportedException($"{type} cannot be reduced; use BFloat16, Float32, Float64 or Int64");
        }
    }

    private static void Apply<T>(ReadOnlySpan<T> received, Span<T> data, ReduceOp op) where T : unmanaged, INumber<T>
    {
        switch (op)
        {
            case ReduceOp.Sum:
                Apply<T, SumOf<T>>(received, data);
                break;
            case ReduceOp.Max:
                Apply<T, MaxOf<T>>(received, data);
                break;
            case ReduceOp.Min:
                Apply<T, MinOf<T>>(received, data);
                break;
            default:
                throw new NotSupportedException($"unknown reduction {op}");
        }
    }

    private static void Apply<T, TOp>(ReadOnlySpan<T> received, Span<T> data)
        where T : unmanaged, INumber<T>
        where TOp : struct, IPairwise<T>
    {
        var from = MemoryMarshal.Cast<T, Vector<T>>(received);
        var into = MemoryMarshal.Cast<T, Vector<T>>(data)[..from.Length];
        for (var i = 0; i < from.Length; i++)
        {
            into[i] = TOp.Of(from[i], into[i]);
        }

        for (var i = from.Length * Vector<T>.Count; i < data.Length; i++)
        {
            data[i] = TOp.Of(received[i], data[i]);
        }
    }

    private interface IPairwise<T> where T : unmanaged, INumber<T>
    {
        static abstract Vector<T> Of(Vector<T> a, Vector<T> b);

        static abstract T Of(T a, T b);
    }

    private readonly struct SumOf<T> : IPairwise<T> where T : unmanaged, INumber<T>
    {
        public static Vector<T> Of(Vector<T> a, Vector<T> b) => a + b;

        public static T Of(T a, T b) => a + b;
    }

    private readonly struct MaxOf<T> : IPairwise<T> where T : unmanaged, INumber<T>
    {
        public static Vector<T> Of(Vector<T> a, Vector<T> b) => Vector.Max(a, b);

        public static T Of(T a, T b) => T.Max(a, b);
    }

    private readonly struct MinOf<T> : IPairwise<T> where T : unmanaged, INumber<T>
    {
        public static Vector<T> Of(Vector<T> a, Vector<T> b) => Vector.Min(a, b);

        public static T Of(T a, T b) => T.Min(a, b);
    }
}
