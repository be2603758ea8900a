using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ism.Cluster.Telemetry;
using Ism.Featurizer.Chunks;

namespace Ism.Featurizer.Tests.Chunks;

/// <summary>What a chunk's work tells of itself: spans below the lease's, and metrics.</summary>
public sealed class ChunkTraceTests(FeaturizerWorkspace place) : IClassFixture<FeaturizerWorkspace>, IDisposable
{
    private const string Lease = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private readonly ChunkWorker _worker = new(place.Context);

    public void Dispose() => _worker.Dispose();

    [Fact]
    public void Should_hang_the_work_and_its_phases_below_the_span_of_the_lease()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Instruments.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        _worker.Run(place.Tokenising("tokens-traced"), 0, _ => { }, CancellationToken.None, Lease);

        var own = spans.Where(s => s.TraceId.ToHexString() == Lease[3..35]).ToList();
        var work = Assert.Single(own, s => s.OperationName == "chunk.work");
        Assert.Equal(Lease[36..52], work.ParentSpanId.ToHexString());
        Assert.Equal(0, work.GetTagItem("ism.chunk"));
        var phases = own.Where(s => s.ParentSpanId == work.SpanId).ToList();
        Assert.Equal(["chunk.read", "chunk.prepare", "chunk.encode", "chunk.write"], phases.Select(p => p.OperationName));
        Assert.All(phases, p => Assert.True(p.Duration > TimeSpan.Zero, p.OperationName));
        Assert.InRange(phases.Sum(p => p.Duration.TotalSeconds), 0, work.Duration.TotalSeconds * 1.05);
        Assert.All(Enumerable.Range(1, phases.Count - 1), i => Assert.InRange(
            (phases[i].StartTimeUtc - (phases[i - 1].StartTimeUtc + phases[i - 1].Duration)).TotalMilliseconds, -0.1, 0.1));
    }

    [Fact]
    public void Should_make_no_span_and_take_no_notice_of_the_lease_while_nobody_listens()
    {
        Assert.Null(Activity.Current);
        var result = _worker.Run(place.Tokenising("tokens-untraced"), 0, _ => { }, CancellationToken.None, "no traceparent");
        Assert.Equal(FeaturizerWorkspace.ChunkSize, result.Structures);
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void Should_count_structures_times_and_reasons()
    {
        var seen = new ConcurrentQueue<(string Name, double Value, string Label)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == Instruments.Name)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => seen.Enqueue((i.Name, value, Label(tags))));
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => seen.Enqueue((i.Name, value, Label(tags))));
        listener.Start();
        var result = _worker.Run(place.Tokenising("tokens-counted"), 1, _ => { }, CancellationToken.None);

        Assert.Equal([("NotAStructure", 1)], result.Reasons.Select(r => (r.Key, r.Value)));
        Assert.True(Sum("ism.featurizer.structures", "tokenise") >= result.Structures);
        Assert.True(Sum("ism.featurizer.residues", "tokenise") >= result.Residues);
        Assert.True(Sum("ism.featurizer.refused", "NotAStructure") >= 1);
        Assert.True(Sum("ism.featurizer.chunks", "done") >= 1);
        Assert.True(Sum("ism.featurizer.busy", "encode") > 0);
        Assert.Contains(seen, m => m is { Name: "ism.featurizer.structure.duration", Value: > 0 });

        double Sum(string name, string label) => seen.Where(m => m.Name == name && m.Label == label).Sum(m => m.Value);
    }

    private static string Label(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.Length > 0 ? $"{tags[0].Value}" : "";
}
