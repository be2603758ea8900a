using System.Diagnostics.Metrics;
using Ism.Cluster.Telemetry;
using Ism.Protocol.Chunks;

namespace Ism.Featurizer.Metrics;

/// <summary>What a featurizer counts of its work and of what it serves.</summary>
public static class FeaturizerMetrics
{
    private const string Work = "work";
    private const string Phase = "phase";
    private static readonly string[] Kinds = [.. Enum.GetValues<WorkKind>().Select(Name)];
    private static long _leases;

    private static readonly Counter<long> Structures = Instruments.Counter<long>(
        "ism.featurizer.structures", "", "Structures worked on to the end, by work.", Work, Kinds);

    private static readonly Counter<long> Residues = Instruments.Counter<long>(
        "ism.featurizer.residues", "", "Residues in chunks finished, by work.", Work, Kinds);

    private static readonly Counter<long> Refused = Instruments.Counter<long>(
        "ism.featurizer.refused", "", "Structures refused in chunks finished, by reason.", "reason", "Crashed");

    private static readonly Counter<long> Chunks = Instruments.Counter<long>(
        "ism.featurizer.chunks", "", "Attempts at chunks that ended, by result.", "result", "done", "failed");

    private static readonly Counter<double> Busy = Instruments.Counter<double>(
        "ism.featurizer.busy", Instruments.Seconds,
        "Time of the computing thread, by phase; the encoder's share is that of encode in the sum.", Phase, "read", "prepare", "encode", "write");

    private static readonly Counter<long> CacheHits = Instruments.Counter<long>(
        "ism.featurizer.cache.hits", "", "Looks into what is kept for serving that found it, by cache.", "cache", "tokens", "structures");

    private static readonly Counter<long> CacheMisses = Instruments.Counter<long>(
        "ism.featurizer.cache.misses", "", "Looks into what is kept for serving that did not find it, by cache.", "cache", "tokens", "structures");

    private static readonly Counter<long> ServedBytes = Instruments.Counter<long>(
        "ism.featurizer.served", Instruments.Bytes, "Bytes of samples sent to trainers.");

    private static readonly Histogram<double> Seconds = Instruments.Meter.CreateHistogram(
        "ism.featurizer.structure.duration", Instruments.Seconds, "Time for one structure, read to the end, by work.", null, Instruments.Durations);

    static FeaturizerMetrics() => Instruments.Gauge(
        "ism.featurizer.leases", "", "Chunks that this node holds: queued, under way, or not yet settled.", () => Interlocked.Read(ref _leases));

    /// <summary>Makes the instruments known; without it they are when they are first used.</summary>
    public static void Begin() => Hold(0);

    /// <summary>The value of the label "work".</summary>
    internal static string Name(WorkKind kind) => kind.ToString().ToLowerInvariant();

    internal static void Hold(int more) => Interlocked.Add(ref _leases, more);

    /// <summary>A structure was read and worked on.</summary>
    internal static void Structure(WorkKind kind, double seconds)
    {
        var work = new KeyValuePair<string, object?>(Work, Name(kind));
        Structures.Add(1, work);
        Seconds.Record(seconds, work);
    }

    internal static void Finished(WorkKind kind, long residues, IReadOnlyDictionary<string, int> reasons, ChunkTimes times)
    {
        Chunks.Add(1, new KeyValuePair<string, object?>("result", "done"));
        Residues.Add(residues, new KeyValuePair<string, object?>(Work, Name(kind)));
        foreach (var (reason, count) in reasons)
        {
            Refused.Add(count, new KeyValuePair<string, object?>("reason", reason));
        }

        Spent(times);
    }

    internal static void Failed(ChunkTimes times)
    {
        Chunks.Add(1, new KeyValuePair<string, object?>("result", "failed"));
        Spent(times);
    }

    internal static void Looked(string cache, bool found) =>
        (found ? CacheHits : CacheMisses).Add(1, new KeyValuePair<string, object?>("cache", cache));

    internal static void Served(int bytes) => ServedBytes.Add(bytes);

    private static void Spent(ChunkTimes times)
    {
        foreach (var (phase, seconds) in times.All())
        {
            Busy.Add(seconds, new KeyValuePair<string, object?>(Phase, phase));
        }
    }
}
