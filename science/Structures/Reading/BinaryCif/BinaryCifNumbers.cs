namespace Ism.Structures;

/// <summary>Undoes the encodings of BinaryCIF that make numbers of whole numbers.</summary>
internal static class BinaryCifNumbers
{
    /// <summary>Undoes one encoding.</summary>
    /// <param name="values">What it has made.</param>
    /// <param name="encoding">Which, with its parameters.</param>
    /// <param name="budget">What the result is charged to.</param>
    /// <exception cref="BinaryCifException">The values do not fit the encoding, or it is none of numbers.</exception>
    public static BinaryCifColumn Undo(int[] values, in BinaryCifEncoding encoding, DecodingBudget budget) => encoding.Kind switch
    {
        BinaryCifEncodingKind.FixedPoint => BinaryCifColumn.Of(FixedPoint(values, encoding, budget)),
        BinaryCifEncodingKind.IntervalQuantization => BinaryCifColumn.Of(Quantized(values, encoding, budget)),
        BinaryCifEncodingKind.RunLength => BinaryCifColumn.Of(Runs(values, encoding, budget)),
        BinaryCifEncodingKind.Delta => BinaryCifColumn.Of(Deltas(values, encoding, budget)),
        BinaryCifEncodingKind.IntegerPacking => BinaryCifColumn.Of(Packed(values, encoding, budget)),
        _ => throw BinaryCifException.Damaged($"{encoding.Kind} where an encoding of numbers is expected"),
    };

    /// <summary>A number of 32 bits.</summary>
    /// <exception cref="BinaryCifException">It is beyond them.</exception>
    public static int Narrow(long value, string what) => value is >= int.MinValue and <= int.MaxValue
        ? (int)value
        : throw BinaryCifException.Damaged($"{what} is {value}, beyond 32 bits");

    private static double[] FixedPoint(int[] values, in BinaryCifEncoding encoding, DecodingBudget budget)
    {
        if (!(encoding.Factor > 0) || !double.IsFinite(encoding.Factor))
        {
            throw BinaryCifException.Damaged($"FixedPoint with the factor {encoding.Factor}");
        }

        // As text is read: an integer times a power of ten, so that both forms give the same bits.
        var unit = 1 / encoding.Factor;
        var result = budget.Reals(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            result[i] = values[i] * unit;
        }

        return result;
    }

    private static double[] Quantized(int[] values, in BinaryCifEncoding encoding, DecodingBudget budget)
    {
        if (encoding.Steps < 2 || !double.IsFinite(encoding.Max - encoding.Min))
        {
            throw BinaryCifException.Damaged(
                $"IntervalQuantization of {encoding.Min} to {encoding.Max} in {encoding.Steps} steps");
        }

        var step = (encoding.Max - encoding.Min) / (encoding.Steps - 1);
        var result = budget.Reals(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            result[i] = encoding.Min + values[i] * step;
        }

        return result;
    }

    private static int[] Runs(int[] pairs, in BinaryCifEncoding encoding, DecodingBudget budget)
    {
        if (pairs.Length % 2 != 0)
        {
            throw BinaryCifException.Damaged($"RunLength of {pairs.Length} numbers, which are no pairs");
        }

        var total = 0L;
        for (var i = 1; i < pairs.Length; i += 2)
        {
            total += pairs[i] >= 0 ? pairs[i] : throw BinaryCifException.Damaged($"a run of {pairs[i]} values");
        }

        Expect(encoding, total);
        var result = budget.Ints(total);
        var at = 0;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            result.AsSpan(at, pairs[i + 1]).Fill(pairs[i]);
            at += pairs[i + 1];
        }

        return result;
    }

    private static int[] Deltas(int[] values, in BinaryCifEncoding encoding, DecodingBudget budget)
    {
        var result = budget.Ints(values.Length);
        var sum = (long)encoding.Origin;
        for (var i = 0; i < values.Length; i++)
        {
            sum += values[i];
            result[i] = Narrow(sum, "a sum of differences");
        }

        return result;
    }

    private static int[] Packed(int[] values, in BinaryCifEncoding encoding, DecodingBudget budget)
    {
        var upper = (encoding.ByteCount, encoding.Unsigned) switch
        {
            (1, true) => 0xFF,
            (2, true) => 0xFFFF,
            (1, false) => 0x7F,
            (2, false) => 0x7FFF,
            _ => throw BinaryCifException.Damaged($"IntegerPacking of {encoding.ByteCount} bytes"),
        };
        var lower = encoding.Unsigned ? int.MinValue : -upper - 1;
        var count = 0;
        foreach (var value in values)
        {
            count += value == upper || value == lower ? 0 : 1;
        }

        Expect(encoding, count);
        var result = budget.Ints(count);
        var at = 0;
        var sum = 0L;
        var open = false;
        foreach (var value in values)
        {
            sum += value;
            open = value == upper || value == lower;
            if (!open)
            {
                result[at++] = Narrow(sum, "a packed number");
                sum = 0;
            }
        }

        return open ? throw BinaryCifException.Damaged("the data end inside a packed number") : result;
    }

    private static void Expect(in BinaryCifEncoding encoding, long count)
    {
        if (encoding.Size >= 0 && encoding.Size != count)
        {
            throw BinaryCifException.Damaged($"{encoding.Kind} gives {count} values; srcSize says {encoding.Size}");
        }
    }
}
