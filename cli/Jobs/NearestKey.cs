namespace Ism.Cli.Jobs;

/// <summary>Finds what a person meant to type.</summary>
public static class NearestKey
{
    /// <summary>The candidate with the fewest edits (case ignored) from <paramref name="typed"/>; null when none is near: more than a
    /// third of the letters differ.</summary>
    public static string? Find(string typed, IEnumerable<string> candidates)
    {
        var best = candidates
            .Select(c => (Key: c, Distance: Edits(typed.ToLowerInvariant(), c.ToLowerInvariant())))
            .OrderBy(c => c.Distance)
            .FirstOrDefault();
        return best.Key is not null && best.Distance <= Math.Max(1, Math.Max(typed.Length, best.Key.Length) / 3) ? best.Key : null;
    }

    /// <summary>Number of letters to insert, delete, replace or swap with the next one (Damerau-Levenshtein).</summary>
    private static int Edits(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
