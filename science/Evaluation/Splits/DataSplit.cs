using Ism.Evaluation.Data;

namespace Ism.Evaluation.Splits;

/// <summary>How proteins without a part are split.</summary>
public sealed record DataSplitOptions
{
    /// <summary>Proteins at or above this identity (0 to 1) are on one side.</summary>
    public double Identity { get; init; } = 0.3;

    /// <summary>A file of clusters instead (<see cref="IdentityClusters.FromFile"/>), or null.</summary>
    public string? ClustersFile { get; init; }

    /// <summary>Shares of the parts.</summary>
    public SplitShares Shares { get; init; } = new();

    /// <summary>Of the draw.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Gives every example its part.</summary>
public static class DataSplit
{
    // Comparing all pairs takes minutes beyond this.
    private const int MostCompared = 20_000;

    /// <summary>
    /// Examples that have their parts keep them; where none has, they are split by identity. Returns a sentence for people that says how,
    /// and the largest identity found between test and the rest.
    /// </summary>
    /// <exception cref="InvalidDataException">Some examples have a part and others have none, or two have the same id.</exception>
    public static (DataSet Data, string Said, double? LargestIdentity) Complete(DataSet data, DataSplitOptions options)
    {
        var twice = data.Examples.GroupBy(e => (e.Id, e.Part)).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new InvalidDataException($"the id '{twice.Key.Id}' appears {twice.Count()} times; ids name the proteins and must differ");
        }

        string[] sequences = [.. data.Examples.Select(e => e.Sequence)];
        if (data.Examples.All(e => e.Part is not null))
        {
            var given = Counts(data);
            if (sequences.Length > MostCompared)
            {
                return (data, $"{given}, as given; too many to be compared with each other", null);
            }

            var parts = data.Examples.Select(e => e.Part!.Value).ToArray();
            var across = ClusterSplit.LargestAcross(SequenceNeighbours.Find(sequences), parts);
            return (data, $"{given}, as given; largest identity found between test and the rest {across:P0}", across);
        }

        if (data.Examples.FirstOrDefault(e => e.Part is not null) is { } has)
        {
            throw new InvalidDataException($"'{has.Id}' has a part and '{data.Examples.First(e => e.Part is null).Id}' has none; give "
                + "all a part (train, valid, test) or none");
        }

        var clusters = options.ClustersFile is { } file
            ? IdentityClusters.FromFile(file, [.. data.Examples.Select(e => e.Id)])
            : IdentityClusters.Of(sequences, options.Identity);
        var made = ClusterSplit.Make(clusters, options.Shares, options.Seed);
        var split = data with { Examples = [.. data.Examples.Select((e, i) => e with { Part = made.Parts[i] })] };
        var how = options.ClustersFile is not null
            ? $"split by {made.Clusters} clusters of {options.ClustersFile}"
            : $"split by {made.Clusters} clusters at {options.Identity:P0} identity; largest identity found between test and the rest "
                + $"{made.LargestIdentity ?? 0:P0}";
        return (split, $"{Counts(split)}, {how}", options.ClustersFile is null ? made.LargestIdentity ?? 0 : null);
    }

    private static string Counts(DataSet data) =>
        $"{data.Of(Part.Train).Length} proteins for training, {data.Of(Part.Validation).Length} for validation, "
        + $"{data.Of(Part.Test).Length} for the test";
}
