using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>Sixteen float32 lanes: loads and stores of float32 or bfloat16 memory, and the functions that the kernels need.</summary>
internal static unsafe class Lanes
{
    /// <summary>Lanes of one vector.</summary>
    public const int Count = 16;

    /// <summary>Whether this machine runs the kernels as they are meant: with 512-bit vectors.</summary>
    public static bool Supported => Vector512.IsHardwareAccelerated;

    /// <summary>Rounds up to whole vectors.</summary>
    public static int Padded(int count) => (count + Count - 1) & -Count;

    /// <summary>Sixteen values of float (T = float) or bfloat16 (T = ushort).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load<T>(T* from)
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? Vector512.Load((float*)from)
            : Vector512.ShiftLeft(Widen((ushort*)from), 16).AsSingle();

    /// <summary>Stores sixteen values; bfloat16 is rounded to nearest, ties to even. Not for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector512<float> values, T* to)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            values.Store((float*)to);
            return;
        }

        var bits = values.AsUInt32();
        var odd = Vector512.ShiftRightLogical(bits, 16) & Vector512.Create(1u);
        var rounded = Vector512.ShiftRightLogical(bits + Vector512.Create(0x7FFFu) + odd, 16);
        Vector256.Narrow(rounded.GetLower(), rounded.GetUpper()).Store((ushort*)to);
    }

    /// <summary>2^x to about 2 units in the last place (polynomial of Cephes' exp2f); below 2^-126 it is that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2(Vector512<float> x)
    {
        // Adding 1.5 x 2^23 rounds to a whole number and leaves that in the lowest bits.
        x = Vector512.MaxNative(Vector512.Create(-126f), x);
        var shifted = x + Vector512.Create(12582912f);
        var part = x - (shifted - Vector512.Create(12582912f));
        var p = Vector512.Create(1.535336188319500e-4f);
        p = Vector512.FusedMultiplyAdd(p, part, Vector512.Create(1.339887440266574e-3f));
        p = Vector512.FusedMultiplyAdd(p, part, Vector512.Create(9.618437357674640e-3f));
        p = Vector512.FusedMultiplyAdd(p, part, Vector512.Create(5.550332471162809e-2f));
        p = Vector512.FusedMultiplyAdd(p, part, Vector512.Create(2.402264791363012e-1f));
        p = Vector512.FusedMultiplyAdd(p, part, Vector512.Create(6.931472028550421e-1f));
        p = Vector512.FusedMultiplyAdd(p, part, Vector512<float>.One);
        return (p.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
    }

    /// <summary>GELU, x (1 + erf(x / sqrt 2)) / 2, with erfc by Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gelu(Vector512<float> x)
    {
        var a = Vector512.Abs(x) * Vector512.Create(0.70710678f);
        var t = Vector512<float>.One / Vector512.FusedMultiplyAdd(a, Vector512.Create(0.3275911f), Vector512<float>.One);
        var p = Vector512.Create(1.061405429f);
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-1.453152027f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(1.421413741f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-0.284496736f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.254829592f));
        var half = Vector512.Create(0.5f) * x * p * t * Exp2(a * a * Vector512.Create(-1.44269504f));
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), x - half, half);
    }

    /// <summary>The smallest of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Smallest(Vector512<float> values)
    {
        var eight = Vector256.MinNative(values.GetLower(), values.GetUpper());
        var four = Vector128.MinNative(eight.GetLower(), eight.GetUpper());
        four = Vector128.MinNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MinNative(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)))[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(ushort* from)
    {
        var halves = Vector256.Load(from);
        return Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
    }
}
