namespace Ism.Corpus;

/// <summary>The rule that a token file accounts for every position of its chunk exactly once: tokenised or quarantined.</summary>
internal static class TokenFileAccounting
{
    /// <summary>Checks the rule and returns the number of tokenised positions.</summary>
    /// <exception cref="ArgumentException">A position is missing, foreign, or in both groups; the message names the
    /// first.</exception>
    public static int Check(PositionRange positions, IEnumerable<long> tokenised, IEnumerable<long> quarantined)
    {
        var state = new byte[positions.Count];
        foreach (var position in tokenised)
        {
            state[Index(positions, position)] = 1;
        }

        foreach (var position in quarantined)
        {
            ref var slot = ref state[Index(positions, position)];
            slot = slot == 0 ? (byte)2 : throw new ArgumentException(
                $"position {position} is quarantined and also {(slot == 1 ? "tokenised" : "quarantined before")}");
        }

        var missing = state.AsSpan().IndexOf((byte)0);
        return missing < 0
            ? state.Count(slot => slot == 1)
            : throw new ArgumentException(
                $"position {positions.First + missing} of {positions.First}..{positions.End - 1} "
                + "is neither tokenised nor quarantined");
    }

    private static long Index(PositionRange positions, long position) => positions.Contains(position)
        ? position - positions.First
        : throw new ArgumentException($"position {position} is not in the chunk's {positions.First}..{positions.End - 1}");
}
