namespace Ism.Structures.Numerics;

/// <summary>
/// A small deterministic generator (SplitMix64; Steele, Lea and Flood 2014) whose stream is a pure function of its key. Every draw
/// that decides what a training step computes (order, crops, masks, chains, residues) comes from one of these, keyed by what the
/// draw is for, so that any node that knows the key draws the same. A value type: a copy continues independently. Not for secrets.
/// </summary>
public struct CounterRandom
{
    private ulong _state;

    /// <summary>A stream named by its key parts; streams with different keys are independent.</summary>
    public CounterRandom(params ReadOnlySpan<ulong> key) => _state = Key(key);

    /// <summary>Folds key parts into one 64-bit key. The order of the parts matters.</summary>
    public static ulong Key(params ReadOnlySpan<ulong> parts)
    {
        var key = 0x9E3779B97F4A7C15UL;
        foreach (var part in parts)
        {
            key = Mix(key ^ Mix(part + 0xD1B54A32D192ED03UL)) + 0x9E3779B97F4A7C15UL;
        }

        return key;
    }

    /// <summary>The next 64 uniform bits.</summary>
    public ulong NextUInt64() => Mix(_state += 0x9E3779B97F4A7C15UL);

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="exclusiveMax"/>), without bias (Lemire 2019).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusiveMax"/> is not positive.</exception>
    public int NextInt32(int exclusiveMax) => (int)NextInt64(exclusiveMax);

    /// <inheritdoc cref="NextInt32"/>
    public long NextInt64(long exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        var range = (ulong)exclusiveMax;
        var high = Math.BigMul(NextUInt64(), range, out var low);
        if (low < range)
        {
            for (var threshold = (0 - range) % range; low < threshold;)
            {
                high = Math.BigMul(NextUInt64(), range, out low);
            }
        }

        return (long)high;
    }

    /// <summary>A standard normal deviate (Box and Muller; one of the pair is discarded so that the stream stays a pure count).</summary>
    public double NextGaussian()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Shuffles in place, every permutation alike (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
