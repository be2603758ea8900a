using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ism.Models.Kernels;

/// <summary>How float32 values lie in memory: as they are, or rounded to bfloat16. Places count elements.</summary>
internal unsafe interface IStored
{
    /// <summary>Eight values from place <paramref name="i"/> on.</summary>
    static abstract Vector256<float> Load(byte* p, long i);

    /// <summary>Four values.</summary>
    static abstract Vector128<float> LoadFour(byte* p, long i);

    /// <summary>One value.</summary>
    static abstract float LoadOne(byte* p, long i);

    /// <summary>Writes eight values.</summary>
    static abstract void Store(byte* p, long i, Vector256<float> values);

    /// <summary>Writes four values.</summary>
    static abstract void StoreFour(byte* p, long i, Vector128<float> values);

    /// <summary>Writes one value.</summary>
    static abstract void StoreOne(byte* p, long i, float value);
}

/// <summary>float32.</summary>
internal readonly unsafe struct StoredSingle : IStored
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* p, long i) => Vector256.Load((float*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFour(byte* p, long i) => Vector128.Load((float*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* p, long i) => ((float*)p)[i];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* p, long i, Vector256<float> values) => values.Store((float*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFour(byte* p, long i, Vector128<float> values) => values.Store((float*)p + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOne(byte* p, long i, float value) => ((float*)p)[i] = value;
}

/// <summary>bfloat16: the upper half of a float32, rounded to the nearest, ties to even. NaN stays NaN.</summary>
internal readonly unsafe struct StoredShort : IStored
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* p, long i)
    {
        var (low, high) = Vector128.Widen(Vector128.Load((ushort*)p + i));
        return (Vector256.Create(low, high) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFour(byte* p, long i) =>
        (Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)((ushort*)p + i)).AsUInt16()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* p, long i) => BitConverter.UInt32BitsToSingle((uint)((ushort*)p)[i] << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* p, long i, Vector256<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        var shorts = Vector256.ConditionalSelect(
            Vector256.Equals(values, values).AsUInt32(), rounded, Vector256.Create(0x7FC0u));
        Vector128.Narrow(shorts.GetLower(), shorts.GetUpper()).Store((ushort*)p + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFour(byte* p, long i, Vector128<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector128.Create(0x7FFFu) + ((bits >> 16) & Vector128<uint>.One)) >> 16;
        var shorts = Vector128.ConditionalSelect(
            Vector128.Equals(values, values).AsUInt32(), rounded, Vector128.Create(0x7FC0u));
        *(ulong*)((ushort*)p + i) = Vector128.Narrow(shorts, shorts).AsUInt64().ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOne(byte* p, long i, float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        ((ushort*)p)[i] = float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
