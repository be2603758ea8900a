using Akka.Actor;
using Akka.Event;
using Ism.Featurizer.Metrics;
using Ism.Featurizer.Serving;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;

namespace Ism.Featurizer.Chunks;

/// <summary>
/// One chunk of one catalogue: does leased work on it, and serves its samples to trainers. Holds nothing that could be lost: what it
/// made stands in files, what it was doing is leased again. Work runs on the node's threads, never here.
/// </summary>
public sealed class ChunkEntity : ReceiveActor, IWithTimers
{
    private const double ReportAgain = 2;

    // Of a lease's time: several reports in a row may be lost before it ends.
    private const double ReportsPerLease = 6;
    private readonly FeaturizerContext _context;
    private readonly SampleStreams _streams;
    private readonly Dictionary<string, Job> _jobs = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly string _node;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>The entity of a chunk on this node.</summary>
    public ChunkEntity(FeaturizerContext context)
    {
        _context = context;
        _streams = new SampleStreams(context, Self, _log);
        _node = Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString();
        Receive<LeaseChunk>(OnLease);
        Receive<WorkDone>(OnDone);
        Receive<ChunkSettled>(m =>
        {
            // The end of an older lease says nothing of the one that this work counts for now.
            if (_jobs.TryGetValue(m.WorkId, out var job) && job.Epoch == m.LeaseEpoch)
            {
                _jobs.Remove(m.WorkId);
                FeaturizerMetrics.Hold(-1);
                if (_jobs.Count == 0)
                {
                    // An entity that only serves has nothing to report.
                    Timers.Cancel(Tick.Key);
                }
            }
        });
        Receive<Tick>(_ => OnTick());
        Receive<FetchSamples>(m => _streams.Fetch(m, Sender));
        Receive<SampleStreams.Ready>(_streams.Begin);
        Receive<GrantCredits>(m => _streams.Grant(m, Sender));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props of an entity.</summary>
    public static Props Props(FeaturizerContext context) => Akka.Actor.Props.Create(() => new ChunkEntity(context));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        FeaturizerMetrics.Hold(-_jobs.Count);
        // Else the lease would last until it is over, with nobody at work.
        foreach (var (workId, job) in _jobs.Where(j => j.Value is { Result: null, Error: null }))
        {
            job.Ledger.Tell(new ChunkReleased(workId, job.Chunk, job.Epoch));
        }

        base.PostStop();
    }

    private void OnLease(LeaseChunk lease)
    {
        if (_jobs.TryGetValue(lease.Work.WorkId, out var known))
        {
            if (lease.LeaseEpoch < known.Epoch)
            {
                return;
            }

            // The same work under a newer lease: what is under way, or done, counts for it. A failure does not (the ledger wants another
            // try), nor does a file that was set aside since.
            if (lease.LeaseEpoch == known.Epoch || (known.Error is null && Stands(lease, known.Result)))
            {
                _jobs[lease.Work.WorkId] = known = known with { Epoch = lease.LeaseEpoch, Ledger = Sender };
                Accept(lease);
                Report(lease.Work.WorkId, known);
                return;
            }
        }

        var job = new Job(lease.Key.Chunk, lease.LeaseEpoch, Sender, new Progress());
        FeaturizerMetrics.Hold(_jobs.ContainsKey(lease.Work.WorkId) ? 0 : 1);
        _jobs[lease.Work.WorkId] = job;
        if (!Timers.IsTimerActive(Tick.Key))
        {
            Timers.StartPeriodicTimer(
                Tick.Key, Tick.Instance, TimeSpan.FromSeconds(Math.Clamp(lease.LeaseSeconds / ReportsPerLease, 0.1, ReportAgain)));
        }

        Accept(lease);
        var self = Self;
        _context.Compute.Post(
            worker => worker.Run(lease.Work, lease.Key.Chunk, n => job.Progress.Structures = n, _stopped.Token, lease.Trace),
            (result, error) => self.Tell(new WorkDone(lease.Work.WorkId, result, error)));
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
        if (!_jobs.TryGetValue(done.WorkId, out var job) || done.Error is OperationCanceledException)
        {
            return;
        }

        if (done.Error is not null)
        {
            _log.Error(done.Error, "{0} of chunk {1} failed", done.WorkId, job.Chunk);
        }

        _jobs[done.WorkId] = job = job with
        {
            Result = done.Result,
            Error = done.Error?.Message,
            Storage = done.Error is IOException or UnauthorizedAccessException,
        };
        Report(done.WorkId, job);
    }

    // Results are told again until the ledger has settled them: a message to a coordinator that is just dying is lost.
    private void OnTick()
    {
        foreach (var (workId, job) in _jobs)
        {
            Report(workId, job);
        }
    }

    private void Report(string workId, Job job)
    {
        if (job.Error is not null)
        {
            job.Ledger.Tell(new ChunkFailed(workId, job.Chunk, job.Epoch, job.Error) { Storage = job.Storage });
        }
        else if (job.Result is { } result)
        {
            job.Ledger.Tell(new ChunkFinished
            {
                WorkId = workId,
                Chunk = job.Chunk,
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
            job.Ledger.Tell(new ChunkProgress(workId, job.Chunk, job.Epoch, job.Progress.Structures));
        }
    }

    private sealed record Job(int Chunk, long Epoch, IActorRef Ledger, Progress Progress)
    {
        public ChunkResult? Result { get; init; }

        public string? Error { get; init; }

        public bool Storage { get; init; }
    }

    private sealed class Progress
    {
        public volatile int Structures;
    }

    private sealed record WorkDone(string WorkId, ChunkResult? Result, Exception? Error);

    private sealed class Tick
    {
        public const string Key = "tick";

        public static readonly Tick Instance = new();
    }
}
