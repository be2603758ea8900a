namespace Ism.Collectives;

/// <summary>Type of the elements of a buffer. The values are those of NCCL's ncclDataType_t.</summary>
public enum ElementType : byte
{
    /// <summary>Plain bytes; moved, never reduced.</summary>
    UInt8 = 1,

    /// <summary>64-bit integers: counts and step numbers, summed exactly.</summary>
    Int64 = 4,

    /// <summary>Single precision.</summary>
    Float32 = 7,

    /// <summary>Double precision.</summary>
    Float64 = 8,

    /// <summary>Brain floating point: the upper half of a single. The ring adds two values in single precision and rounds to
    /// nearest, ties to even, so a sum over W ranks is rounded W - 1 times: its error is at most (W - 1) * 2^-8 of the sum of
    /// magnitudes. NCCL accumulates likewise hop by hop, in an order of its own.</summary>
    BFloat16 = 9,
}

/// <summary>How elements of different ranks are put together. The values are those of NCCL's ncclRedOp_t.</summary>
public enum ReduceOp : byte
{
    /// <summary>Sum over ranks, in an order that depends on the element's place alone.</summary>
    Sum = 0,

    /// <summary>Largest; NaN wins.</summary>
    Max = 2,

    /// <summary>Smallest; NaN wins.</summary>
    Min = 3,
}

/// <summary>Sizes of the element types.</summary>
public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a value of <see cref="ElementType"/>.</exception>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.UInt8 => 1,
        ElementType.BFloat16 => 2,
        ElementType.Float32 => 4,
        ElementType.Int64 or ElementType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>The element type of a .NET type.</summary>
    /// <exception cref="NotSupportedException">No collective moves this type.</exception>
    public static ElementType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? ElementType.Float32
        : typeof(T) == typeof(double) ? ElementType.Float64
        : typeof(T) == typeof(long) ? ElementType.Int64
        : typeof(T) == typeof(byte) ? ElementType.UInt8
        : throw new NotSupportedException($"collectives move float, double, long and byte, not {typeof(T).Name}");
}
