using System.Diagnostics;
using Ism.Cluster.Telemetry;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Ledger;

/// <summary>A span for each lease that is out, from being given until its result is committed. The featurizer's spans hang below it. Empty
/// while nobody traces. For one actor.</summary>
internal sealed class LeaseTraces(ChunkWork work) : IDisposable
{
    private readonly Dictionary<long, Activity> _open = [];

    /// <summary>The lease is given.</summary>
    public void Begin(Lease lease)
    {
        if (!Instruments.Traces.HasListeners())
        {
            return;
        }

        // A trace of its own for each lease, whatever the actor's thread was doing.
        Activity.Current = null;
        if (Instruments.Traces.StartActivity("chunk", ActivityKind.Producer) is { } span)
        {
            span.SetTag("ism.work", work.WorkId).SetTag("ism.catalogue", work.Catalogue).SetTag("ism.chunk", lease.Chunk)
                .SetTag("ism.lease", lease.Epoch);
            _open[lease.Epoch] = span;
        }

        Activity.Current = null;
    }

    /// <summary>The context that goes with the lease; empty for none.</summary>
    public string Of(long epoch) => _open.TryGetValue(epoch, out var span) ? span.Id! : "";

    /// <summary>The lease is over: committed (null), or why not.</summary>
    public void End(long epoch, string? problem)
    {
        if (_open.Remove(epoch, out var span))
        {
            span.SetStatus(problem is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, problem);
            span.AddEvent(new ActivityEvent(problem is null ? "committed" : "ended")).Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var epoch in _open.Keys.ToList())
        {
            End(epoch, "the ledger is closed");
        }
    }
}
