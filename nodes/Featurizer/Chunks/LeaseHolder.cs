using Akka.Actor;
using Akka.Event;
using Ism.Featurizer.Metrics;
using Ism.Protocol.Chunks;

namespace Ism.Featurizer.Chunks;

/// <summary>
/// The leases of this featurizer: does leased work on chunks, and tells the ledger how it ended. Holds nothing that could be lost: what it
/// made stands in files, what it was doing is leased again. Work runs on the node's threads, never here.
/// </summary>
public sealed class LeaseHolder : ReceiveActor, IWithTimers
{
    private const double ReportAgain = 2;

    // Of a lease's time: several reports in a row may be lost before it ends.
    private const double ReportsPerLease = 6;
    private readonly FeaturizerContext _context;
    private readonly Dictionary<(string WorkId, int Chunk), Job> _jobs = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly string _node;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private TimeSpan _reportEvery = TimeSpan.MaxValue;

    /// <summary>The holder of this node.</summary>
    public LeaseHolder(FeaturizerContext context)
    {
        _context = context;
        _node = Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString();
        Receive<LeaseChunk>(OnLease);
        Receive<HeldChunksRequest>(m => Sender.Tell(new HeldChunks(
            m.WorkId, m.Node, [.. _jobs.Where(j => j.Key.WorkId == m.WorkId && j.Value.Error is null).Select(j => j.Key.Chunk).Order()])));
        Receive<WorkDone>(OnDone);
        Receive<ChunkSettled>(OnSettled);
        Receive<Tick>(_ => OnTick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props of a holder.</summary>
    public static Props Props(FeaturizerContext context) => Akka.Actor.Props.Create(() => new LeaseHolder(context));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        FeaturizerMetrics.Hold(-_jobs.Count);
        // Else the lease would last until it is over, with nobody at work.
        foreach (var (key, job) in _jobs.Where(j => j.Value is { Result: null, Error: null }))
        {
            job.Ledger.Tell(new ChunkReleased(key.WorkId, key.Chunk, job.Epoch));
        }

        base.PostStop();
    }

    private void OnLease(LeaseChunk lease)
    {
        var key = (lease.Work.WorkId, lease.Key.Chunk);
        if (_jobs.TryGetValue(key, out var known))
        {
            if (lease.LeaseEpoch < known.Epoch)
            {
                return;
            }

            // The same work under a newer lease: what is under way, or done, counts for it. A failure does not (the ledger wants another
            // try), nor does a file that was set aside since.
            if (lease.LeaseEpoch == known.Epoch || (known.Error is null && Stands(lease, known.Result)))
            {
                _jobs[key] = known = known with { Epoch = lease.LeaseEpoch, Ledger = Sender };
                Accept(lease);
                Report(key, known);
                return;
            }
        }

        var job = new Job(lease.LeaseEpoch, Sender, new Progress());
        FeaturizerMetrics.Hold(_jobs.ContainsKey(key) ? 0 : 1);
        _jobs[key] = job;
        ReportAtLeast(TimeSpan.FromSeconds(Math.Clamp(lease.LeaseSeconds / ReportsPerLease, 0.1, ReportAgain)));
        Accept(lease);
        var self = Self;
        _context.Compute.Post(
            worker => worker.Run(lease.Work, lease.Key.Chunk, n => job.Progress.Structures = n, _stopped.Token, lease.Trace),
            (result, error) => self.Tell(new WorkDone(key, result, error)));
    }

    private void ReportAtLeast(TimeSpan every)
    {
        if (every < _reportEvery)
        {
            _reportEvery = every;
            Timers.StartPeriodicTimer(Tick.Key, Tick.Instance, every);
        }
    }

    private void OnSettled(ChunkSettled m)
    {
        // The end of an older lease says nothing of the one that this work counts for now.
        if (!_jobs.TryGetValue((m.WorkId, m.Key.Chunk), out var job) || job.Epoch != m.LeaseEpoch)
        {
            return;
        }

        _jobs.Remove((m.WorkId, m.Key.Chunk));
        FeaturizerMetrics.Hold(-1);
        if (_jobs.Count == 0)
        {
            Timers.Cancel(Tick.Key);
            _reportEvery = TimeSpan.MaxValue;
        }
    }

    private bool Stands(LeaseChunk lease, ChunkResult? result)
    {
        if (result is null)
        {
            return true;
        }

        var file = new FileInfo(ChunkWorker.ResultPath(_context.Workspace, lease.Work, lease.Key.Chunk));
        return file.Exists && file.Length == result.Bytes;
    }

    private void Accept(LeaseChunk lease) =>
        Sender.Tell(new ChunkAccepted(lease.Work.WorkId, lease.Key.Chunk, lease.LeaseEpoch, _node));

    private void OnDone(WorkDone done)
    {
        if (!_jobs.TryGetValue(done.Key, out var job) || done.Error is OperationCanceledException)
        {
            return;
        }

        if (done.Error is not null)
        {
            _log.Error(done.Error, "{0} of chunk {1} failed", done.Key.WorkId, done.Key.Chunk);
        }

        _jobs[done.Key] = job = job with
        {
            Result = done.Result,
            Error = done.Error?.Message,
            Storage = done.Error is IOException or UnauthorizedAccessException,
        };
        Report(done.Key, job);
    }

    // Results are told again until the ledger has settled them: a message to a coordinator that is just dying is lost.
    private void OnTick()
    {
        foreach (var (key, job) in _jobs)
        {
            Report(key, job);
        }
    }

    private static void Report((string WorkId, int Chunk) key, Job job)
    {
        if (job.Error is not null)
        {
            job.Ledger.Tell(new ChunkFailed(key.WorkId, key.Chunk, job.Epoch, job.Error) { Storage = job.Storage });
        }
        else if (job.Result is { } result)
        {
            job.Ledger.Tell(new ChunkFinished
            {
                WorkId = key.WorkId,
                Chunk = key.Chunk,
                LeaseEpoch = job.Epoch,
                Sha256 = result.Sha256,
                Bytes = result.Bytes,
                Structures = result.Structures,
                Quarantined = result.Quarantined,
                Residues = result.Residues,
                Seconds = result.Seconds,
                Reasons = [.. result.Reasons.Keys],
                ReasonCounts = [.. result.Reasons.Values],
            });
        }
        else
        {
            job.Ledger.Tell(new ChunkProgress(key.WorkId, key.Chunk, job.Epoch, job.Progress.Structures));
        }
    }

    private sealed record Job(long Epoch, IActorRef Ledger, Progress Progress)
    {
        public ChunkResult? Result { get; init; }

        public string? Error { get; init; }

        public bool Storage { get; init; }
    }

    private sealed class Progress
    {
        public volatile int Structures;
    }

    private sealed record WorkDone((string WorkId, int Chunk) Key, ChunkResult? Result, Exception? Error);

    private sealed class Tick
    {
        public const string Key = "tick";

        public static readonly Tick Instance = new();
    }
}
