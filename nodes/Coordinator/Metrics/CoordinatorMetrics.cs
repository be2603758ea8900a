using System.Diagnostics.Metrics;
using Ism.Cluster.Telemetry;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Metrics;

/// <summary>
/// What a coordinator counts. Values that stand for the job (<see cref="JobGauges"/>) are given by the coordinator that drives it; the
/// backlog is 0 on every other, so that a sum over coordinators is always there to be scaled by.
/// </summary>
public static class CoordinatorMetrics
{
    private const string Work = "work";
    private const string Why = "why";
    private static readonly string[] Kinds = [.. Enum.GetValues<WorkKind>().Select(Name)];

    private static readonly Counter<long> Structures = Instruments.Counter<long>(
        "ism.structures.done", "", "Structures in chunks committed since this coordinator began, by work.", Work, Kinds);

    private static readonly Counter<long> Quarantined = Instruments.Counter<long>(
        "ism.structures.quarantined", "", "Structures refused in chunks committed since this coordinator began, by reason.", "reason", "Crashed");

    private static readonly Counter<long> ResiduesDone = Instruments.Counter<long>(
        "ism.residues.done", "", "Residues in chunks committed since this coordinator began, by work.", Work, Kinds);

    private static readonly Counter<long> Leases = Instruments.Counter<long>(
        "ism.leases.given", "", "Leases of chunks given to featurizers.", Work, Kinds);

    private static readonly Counter<long> Expired = Instruments.Counter<long>(
        "ism.leases.expired", "", "Leases that ended without a result: the holder was silent, or its node is gone.", Why, "silent", "gone");

    private static readonly Counter<long> Failures = Instruments.Counter<long>(
        "ism.chunks.failed", "", "Attempts at a chunk that failed and are made again: the storage refused, or a defect.", Why, "storage", "defect");

    private static readonly Counter<long> Generations = Instruments.Counter<long>(
        "ism.generations.formed", "", "Generations of the training group formed.");

    /// <summary>Makes the instruments known; without it they are when they are first used.</summary>
    public static void Begin()
    {
        JobGauges.Begin();
        Generations.Add(0);
    }

    /// <summary>The value of the label "work".</summary>
    internal static string Name(WorkKind kind) => kind.ToString().ToLowerInvariant();

    internal static void Leased(WorkKind kind) => Leases.Add(1, new KeyValuePair<string, object?>(Work, Name(kind)));

    internal static void Ended(int leases, bool gone) => Expired.Add(leases, new KeyValuePair<string, object?>(Why, gone ? "gone" : "silent"));

    internal static void Failed(bool storage) => Failures.Add(1, new KeyValuePair<string, object?>(Why, storage ? "storage" : "defect"));

    internal static void Formed() => Generations.Add(1);

    internal static void Committed(WorkKind kind, ChunkFinished result)
    {
        var work = new KeyValuePair<string, object?>(Work, Name(kind));
        Structures.Add(result.Structures, work);
        ResiduesDone.Add(result.Residues, work);
        var told = 0;
        // A sender of an older version tells no reasons.
        foreach (var (reason, count) in (result.Reasons ?? []).Zip(result.ReasonCounts ?? []))
        {
            Quarantined.Add(count, new KeyValuePair<string, object?>("reason", reason));
            told += count;
        }

        // A k-means pass repeats what was refused when its embeddings were made.
        if (result.Quarantined > told && kind != WorkKind.Cluster)
        {
            Quarantined.Add(result.Quarantined - told, new KeyValuePair<string, object?>("reason", "unknown"));
        }
    }
}
