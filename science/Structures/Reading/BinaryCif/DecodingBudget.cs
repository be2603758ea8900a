namespace Ism.Structures;

/// <summary>Bounds what a file's columns may decode to altogether, so that a small file cannot ask for all memory.</summary>
/// <param name="bytes">Bytes there are.</param>
internal sealed class DecodingBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>An array of whole numbers, paid for.</summary>
    /// <exception cref="BinaryCifException">Not so much is left.</exception>
    public int[] Ints(long count)
    {
        Spend(count * sizeof(int));
        return new int[count];
    }

    /// <summary>An array of fractions, paid for.</summary>
    /// <exception cref="BinaryCifException">Not so much is left.</exception>
    public double[] Reals(long count)
    {
        Spend(count * sizeof(double));
        return new double[count];
    }

    /// <summary>Takes bytes from what is left.</summary>
    /// <exception cref="BinaryCifException">Not so much is left.</exception>
    public void Spend(long bytes)
    {
        _left -= bytes;
        if (_left < 0)
        {
            throw new BinaryCifException(RefusalReason.TooLarge,
                "the columns decode to more bytes than a text may have (MaxContentBytes)");
        }
    }
}
