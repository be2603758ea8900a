namespace Ism.Structures.Alignments;

/// <summary>What is learnt of a column's probabilities.</summary>
public enum TargetKind
{
    /// <summary>The rank of p(a) among the 20, from 0 (least likely) to 1, those of equal ones averaged.</summary>
    Rank,

    /// <summary>The natural logarithm of p(a).</summary>
    LogOdds,

    /// <summary>p(a) itself.</summary>
    Probability,
}

/// <summary>
/// Targets of the EvoRank objective: for each amino acid a the value of a mutation to it, f(a) - f(wild type), where f is the rank, the logarithm or
/// the probability itself in the column's distribution; 0 for the wild type. Ranks are this project's form of the objective (Gong et al.,
/// "Evolution-inspired loss functions for protein representation learning", ICML 2024).
/// </summary>
public static class EvolutionaryTarget
{
    /// <summary>Names of the kinds, as jobs and models write them.</summary>
    public static IReadOnlyList<string> Names { get; } = ["rank", "log-odds", "probability"];

    // Where the profile has no pseudo-counts, an amino acid that was never seen is not infinitely unlikely.
    private const double Least = 1e-6;

    /// <summary>The kind of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static TargetKind Parse(string name) => name switch
    {
        "rank" => TargetKind.Rank,
        "log-odds" => TargetKind.LogOdds,
        "probability" => TargetKind.Probability,
        _ => throw new ArgumentException($"'{name}' is no target of the EvoRank objective; use {string.Join(", ", Names)}", nameof(name)),
    };

    /// <summary>Fills in the 20 targets of a residue.</summary>
    /// <param name="kind">Rank, log-odds or probability.</param>
    /// <param name="column">The 20 probabilities of its column.</param>
    /// <param name="wildType">Its amino acid, 0 to 19.</param>
    /// <param name="targets">Takes 20 values.</param>
    public static void Fill(TargetKind kind, ReadOnlySpan<float> column, int wildType, Span<float> targets)
    {
        for (var a = 0; a < column.Length; a++)
        {
            targets[a] = kind switch
            {
                TargetKind.Rank => Rank(column, column[a]),
                TargetKind.LogOdds => (float)Math.Log(Math.Max(column[a], Least)),
                _ => column[a],
            };
        }

        var own = targets[wildType];
        for (var a = 0; a < column.Length; a++)
        {
            targets[a] -= own;
        }
    }

    // Half of the others that are equal count as below it.
    private static float Rank(ReadOnlySpan<float> column, float value)
    {
        var (below, equal) = (0, 0);
        foreach (var other in column)
        {
            below += other < value ? 1 : 0;
            equal += other == value ? 1 : 0;
        }

        return (below + ((equal - 1) / 2f)) / (column.Length - 1);
    }
}
