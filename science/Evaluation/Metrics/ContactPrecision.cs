using Ism.Evaluation.Labels;

namespace Ism.Evaluation.Metrics;

/// <summary>Which pairs count, by how far apart they are in the sequence; both ends included.</summary>
/// <param name="Name">Short name.</param>
/// <param name="From">Smallest separation.</param>
/// <param name="To">Largest separation.</param>
public readonly record struct ContactRange(string Name, int From, int To)
{
    /// <summary>6 to 11 apart.</summary>
    public static ContactRange Short { get; } = new("short", 6, 11);

    /// <summary>12 to 23 apart.</summary>
    public static ContactRange Medium { get; } = new("medium", 12, 23);

    /// <summary>24 and more apart.</summary>
    public static ContactRange Long { get; } = new("long", 24, int.MaxValue);

    /// <summary>6 and more apart: the range of TAPE and PEER.</summary>
    public static ContactRange All { get; } = new("all", 6, int.MaxValue);
}

/// <summary>Precision of the highest-scored pairs of a protein.</summary>
public static class ContactPrecision
{
    /// <summary>
    /// Precision of the top L / <paramref name="divisor"/> pairs, L being the number of valid residues (ESM's convention). Pairs are
    /// those of valid residues within the range, i before j; where there are fewer than wanted, the missing ones count as wrong, as
    /// ESM has it. Of equal scores the pair that comes first (by i, then j) is taken. NaN for a protein with fewer valid residues than
    /// the divisor.
    /// </summary>
    /// <param name="scores">[L * L] row by row; the upper triangle is read.</param>
    /// <param name="truth">Contacts.</param>
    /// <param name="range">Separations.</param>
    /// <param name="divisor">1, 2 or 5.</param>
    /// <exception cref="ArgumentException">The scores are not L times L.</exception>
    public static double At(ReadOnlySpan<float> scores, ContactMap truth, ContactRange range, int divisor)
    {
        var length = truth.Length;
        if (scores.Length != length * length)
        {
            throw new ArgumentException($"{scores.Length} scores for a protein of {length} residues: {length} times {length} are needed");
        }

        var wanted = truth.ValidCount / divisor;
        if (wanted == 0)
        {
            return double.NaN;
        }

        var (keys, pairs) = Candidates(scores, truth, range);
        keys.AsSpan().Sort(pairs.AsSpan());
        var hits = pairs.Take(wanted).Count(pair => truth.IsContact(pair / length, pair % length));
        return (double)hits / wanted;
    }

    // Sorted by key, the highest score comes first and equal ones by pair.
    private static ((float, int)[] Keys, int[] Pairs) Candidates(ReadOnlySpan<float> scores, ContactMap truth, ContactRange range)
    {
        var (keys, pairs) = (new List<(float, int)>(), new List<int>());
        for (var i = 0; i < truth.Length; i++)
        {
            for (long j = (long)i + range.From; j < truth.Length && j - i <= range.To && truth.IsValid(i); j++)
            {
                if (truth.IsValid((int)j))
                {
                    var pair = (i * truth.Length) + (int)j;
                    keys.Add((-scores[pair], pair));
                    pairs.Add(pair);
                }
            }
        }

        return ([.. keys], [.. pairs]);
    }
}
