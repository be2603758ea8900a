using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>The innermost encoding of BinaryCIF: numbers as their bytes, lowest first.</summary>
internal static class BinaryCifByteArray
{
    // The format's numbers of types: signed, unsigned, fractions.
    private const int Int8 = 1, Int16 = 2, Int32 = 3, UInt8 = 4, UInt16 = 5, UInt32 = 6, Float32 = 32, Float64 = 33;

    /// <summary>The numbers.</summary>
    /// <exception cref="BinaryCifException">The encoding is another, of an unknown type, or the bytes are no whole number of values.</exception>
    public static BinaryCifColumn Read(ReadOnlySpan<byte> bytes, in BinaryCifEncoding encoding, DecodingBudget budget)
    {
        if (encoding.Kind != BinaryCifEncodingKind.ByteArray)
        {
            throw BinaryCifException.Damaged($"the innermost encoding of numbers is {encoding.Kind}, not ByteArray");
        }

        var size = encoding.Type switch
        {
            Int8 or UInt8 => 1,
            Int16 or UInt16 => 2,
            Int32 or UInt32 or Float32 => 4,
            Float64 => 8,
            _ => throw BinaryCifException.Damaged($"ByteArray of the unknown type {encoding.Type}"),
        };
        if (bytes.Length % size != 0)
        {
            throw BinaryCifException.Damaged($"{bytes.Length} bytes do not hold whole numbers of {size} bytes");
        }

        var count = bytes.Length / size;
        return encoding.Type is Float32 or Float64
            ? BinaryCifColumn.Of(Fractions(bytes, encoding.Type, budget.Reals(count)))
            : BinaryCifColumn.Of(Whole(bytes, encoding.Type, budget.Ints(count)));
    }

    private static double[] Fractions(ReadOnlySpan<byte> bytes, int type, double[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = type == Float32 ? BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..])
                : BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
        }

        return values;
    }

    private static int[] Whole(ReadOnlySpan<byte> bytes, int type, int[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                Int8 => (sbyte)bytes[i],
                UInt8 => bytes[i],
                Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]),
                UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]),
                Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]),
                _ => BinaryCifNumbers.Narrow(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]), "an unsigned number"),
            };
        }

        return values;
    }
}
