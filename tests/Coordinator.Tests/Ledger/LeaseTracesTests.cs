using System.Collections.Concurrent;
using System.Diagnostics;
using Ism.Cluster.Telemetry;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Tests.Ledger;

public class LeaseTracesTests
{
    private static readonly ChunkWork Work = new() { WorkId = "traced-work", Kind = WorkKind.Tokenise, Catalogue = "corpus", Output = "tokens" };

    [Fact]
    public void Should_span_each_lease_from_given_to_committed_in_a_trace_of_its_own()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Instruments.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using (var traces = new LeaseTraces(Work))
        {
            traces.Begin(new Lease(4, 1, DateTime.UtcNow, ""));
            traces.Begin(new Lease(5, 2, DateTime.UtcNow, ""));
            Assert.True(ActivityContext.TryParse(traces.Of(1), null, out var first));
            Assert.True(ActivityContext.TryParse(traces.Of(2), null, out var second));
            Assert.NotEqual(first.TraceId, second.TraceId);
            Assert.Null(Activity.Current);
            traces.End(1, null);
            traces.End(2, "expired");
            traces.Begin(new Lease(5, 3, DateTime.UtcNow, ""));
            Assert.Equal("", traces.Of(1));
        }

        var own = spans.Where(s => Equals(s.GetTagItem("ism.work"), Work.WorkId)).ToList();
        Assert.Equal(
            [(4, "committed", ActivityStatusCode.Ok), (5, "ended", ActivityStatusCode.Error), (5, "ended", ActivityStatusCode.Error)],
            own.Select(s => ((int)s.GetTagItem("ism.chunk")!, Assert.Single(s.Events).Name, s.Status)));
        Assert.Equal("expired", own[1].StatusDescription);
    }

    [Fact]
    public void Should_count_chunks_by_where_they_stand()
    {
        var now = DateTime.UtcNow;
        var state = new LedgerState([0, 1, 2, 3, 4], TimeSpan.FromMinutes(1));
        state.Apply(state.Open());
        state.Present("node", []);
        var leases = state.LeaseNext(3, now);
        state.Apply(state.Finish(new ChunkFinished
        {
            WorkId = "",
            Chunk = leases[0].Chunk,
            LeaseEpoch = leases[0].Epoch,
            Sha256 = "",
            Structures = 1,
            Quarantined = 0,
            Residues = 1,
            Seconds = 1,
        })!);
        state.Fail(leases[1].Chunk, leases[1].Epoch, now);
        Assert.Equal(new LedgerCounts(Waiting: 2, Leased: 1, Committed: 1, Failing: 1), state.Counts(now));
        Assert.Equal(new LedgerCounts(Waiting: 3, Leased: 1, Committed: 1, Failing: 0), state.Counts(now + TimeSpan.FromMinutes(1)));
    }
}
