using Ism.Structures.Numerics;

namespace Ism.Corpus;

/// <summary>
/// What is drawn at one visit to a structure, each a pure function of the visit's key (<see cref="SamplePosition.DrawKey"/>): any
/// node that knows the key draws the same. Different draws of one visit come from independent streams.
/// </summary>
public static class Draws
{
    private const ulong ChainPurpose = 0x636861696E000001;
    private const ulong CropPurpose = 0x63726F7000000001;
    private const ulong ResiduePurpose = 0x7265736964750001;

    /// <summary>Which of a structure's <paramref name="chains"/> protein chains this visit takes.</summary>
    public static int Chain(ulong drawKey, int chains) => new CounterRandom(drawKey, ChainPurpose).NextInt32(chains);

    /// <summary>First residue of the crop; 0 when the chain is not longer than the crop. Every start is equally likely.</summary>
    public static int CropStart(ulong drawKey, int length, int crop)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfLessThan(crop, 1);
        return length <= crop ? 0 : new CounterRandom(drawKey, CropPurpose).NextInt32(length - crop + 1);
    }

    /// <summary>
    /// <paramref name="k"/> of the residues 0..<paramref name="n"/>-1 without replacement, ascending; all of them when k is 0 or
    /// at least n. Selection sampling (Knuth, TAOCP vol. 2, 3.4.2, algorithm S): every subset is equally likely.
    /// </summary>
    public static int[] Residues(ulong drawKey, int n, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        if (k == 0 || k >= n)
        {
            return [.. Enumerable.Range(0, n)];
        }

        var random = new CounterRandom(drawKey, ResiduePurpose);
        var chosen = new int[k];
        for (int residue = 0, taken = 0; taken < k; residue++)
        {
            if (random.NextInt32(n - residue) < k - taken)
            {
                chosen[taken++] = residue;
            }
        }

        return chosen;
    }
}
