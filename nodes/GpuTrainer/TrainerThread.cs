using Ism.Collectives;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer;

/// <summary>
/// The thread that trains: one generation at a time, with the stage's model kept in between. torch's dispose scopes belong to a
/// thread, so everything that touches tensors happens here. Its methods may be called on any thread.
/// </summary>
public sealed class TrainerThread : IDisposable
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<Thread, bool> Living = new();
    private readonly JobOptions _job;
    private readonly Func<TrainingStage, IStageRuntime> _create;
    private readonly Action<object> _tell;
    private readonly System.Collections.Concurrent.BlockingCollection<Action> _work = [];
    private readonly Lock _gate = new();
    private IStageRuntime? _runtime;
    private CancellationTokenSource _cancel = new();
    private BoundaryRequests _requests = new();
    private ICollectiveGroup? _group;
    private string? _doing;

    /// <summary>Starts the thread.</summary>
    /// <param name="job">The resolved job.</param>
    /// <param name="create">Makes the runtime of a stage, with first weights.</param>
    /// <param name="tell">Takes <see cref="Ready"/> and <see cref="Ended"/>, on this thread.</param>
    public TrainerThread(JobOptions job, Func<TrainingStage, IStageRuntime> create, Action<object> tell)
    {
        (_job, _create, _tell) = (job, create, tell);
        var thread = new Thread(() =>
        {
            foreach (var work in _work.GetConsumingEnumerable())
            {
                work();
            }

            _runtime?.Dispose();
            Living.TryRemove(Thread.CurrentThread, out _);
        })
        {
            Name = "training",
            IsBackground = true,
        };
        Living[thread] = true;
        thread.Start();
    }

    /// <summary>Waits until no thread of this process trains any more: libtorch is torn down when the process ends, under whoever still
    /// computes. False when one does not end in time.</summary>
    public static bool AwaitEnd(TimeSpan patience)
    {
        var until = DateTime.UtcNow + patience;
        return Living.Keys.All(thread => thread.Join(TimeSpan.FromTicks(Math.Max(0, (until - DateTime.UtcNow).Ticks))));
    }

    /// <summary>The long work between steps that is under way (building a model, an evaluation, a checkpoint); null: none.</summary>
    public string? Doing => Volatile.Read(ref _doing);

    /// <summary>The last completed step of a stage in memory; -1 when there is none of use.</summary>
    public long StepOf(string stageId)
    {
        lock (_gate)
        {
            return _runtime is { } runtime && runtime.Stage.StageId == stageId ? runtime.Step : -1;
        }
    }

    /// <summary>Makes the stage's model ready for a generation, after the one that runs; then tells <see cref="Ready"/>.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="stage">Its stage.</param>
    /// <param name="livingState">Another member has the state in memory: no checkpoint is read.</param>
    /// <param name="log">Takes lines for the log.</param>
    public void Prepare(long generation, TrainingStage stage, bool livingState, Action<string> log) => _work.Add(() =>
    {
        string? error = null;
        Volatile.Write(ref _doing, $"builds the model of {stage.StageId}");
        try
        {
            PrepareRuntime(stage, livingState, log);
        }
        catch (Exception e)
        {
            error = e.Message;
            log(e.ToString());
        }

        Volatile.Write(ref _doing, null);
        _tell(new Ready(generation, StepOf(stage.StageId), error));
    });

    /// <summary>Runs a generation that was prepared: connects the ring, agrees on the state, and steps; then tells
    /// <see cref="Ended"/>.</summary>
    /// <param name="host">What the loop needs of its node.</param>
    /// <param name="listener">This rank's door; closed afterwards.</param>
    /// <param name="membership">Who is in the ring.</param>
    /// <param name="members">Node ids by rank.</param>
    public void Start(StageLoopHost host, TcpRingListener listener, RingMembership membership, IReadOnlyList<string> members)
    {
        CancellationToken cancel;
        BoundaryRequests requests;
        lock (_gate)
        {
            _cancel = new CancellationTokenSource();
            cancel = _cancel.Token;
            requests = _requests = new BoundaryRequests();
        }

        _work.Add(() => Run(host, listener, membership, members, requests, cancel));
    }

    /// <summary>All members leave the running generation at its next step boundary.</summary>
    public void LeaveAtBoundary(string reason)
    {
        lock (_gate)
        {
            _requests.Leave(reason);
        }
    }

    /// <summary>Rank 0 writes a checkpoint at the next step boundary of the running generation.</summary>
    public void Checkpoint(long request)
    {
        lock (_gate)
        {
            _requests.Checkpoint(request);
        }
    }

    /// <summary>Ends the running generation on all its members at once; the step in flight is lost.</summary>
    public void Interrupt(string reason)
    {
        ICollectiveGroup? group;
        lock (_gate)
        {
            group = _group;
            _cancel.Cancel();
        }

        group?.Abort(reason);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Interrupt("this trainer leaves");
        _work.CompleteAdding();
    }

    private void Run(
        StageLoopHost host,
        TcpRingListener listener,
        RingMembership membership,
        IReadOnlyList<string> members,
        BoundaryRequests requests,
        CancellationToken cancel)
    {
        var (outcome, reason, lost, final) = (GenerationOutcome.Completed, "", "", false);
        try
        {
            using var group = CollectiveGroups.Open(listener, membership, Collectives(host.Log), cancel);
            lock (_gate)
            {
                _group = group;
            }

            cancel.ThrowIfCancellationRequested();
            var loop = new StageLoop(host with { Doing = doing => Volatile.Write(ref _doing, doing) }, _runtime!, group, requests);
            if (loop.Run(cancel) is { } left)
            {
                (outcome, reason) = (GenerationOutcome.Interrupted, left);
            }
        }
        catch (CollectiveException e)
        {
            (outcome, reason) = (GenerationOutcome.Interrupted, e.Message);
            if (e.Failure is CollectiveFailure.PeerLost or CollectiveFailure.Deadline && e.Peer is { } peer && peer < members.Count)
            {
                lost = members[peer];
            }
        }
        catch (OperationCanceledException)
        {
            (outcome, reason) = (GenerationOutcome.Interrupted, "this rank was told to leave at once");
        }
        catch (Exception e)
        {
            // The state may be half changed: it is given up, and taken from another member or a checkpoint.
            (outcome, reason, final) = (GenerationOutcome.Failed, e.Message, e is NonFiniteLimitException);
            host.Log(e.ToString());
        }
        finally
        {
            listener.Dispose();
            Volatile.Write(ref _doing, null);
            lock (_gate)
            {
                _group = null;
            }
        }

        var ended = new Ended(membership.Generation, _runtime?.Step ?? -1, outcome, reason, lost, final);
        if (outcome == GenerationOutcome.Failed)
        {
            var failed = _runtime;
            Keep(null);
            failed?.Dispose();
        }

        _tell(ended);
    }

    private CollectiveSettings Collectives(Action<string> log) => new()
    {
        Choice = Enum.Parse<CollectiveChoice>(_job.Cluster.Collectives, ignoreCase: true),
        Deadline = TimeSpan.FromSeconds(_job.Cluster.CollectiveSeconds),
        Device = _runtime!.CudaDevice,
        Log = log,
    };

    private void PrepareRuntime(TrainingStage stage, bool livingState, Action<string> log)
    {
        // A state that was being overwritten when its source was lost is of no use: it is given again, or read from the last checkpoint.
        var isKnown = _runtime?.Stage == stage;
        if (isKnown && (_runtime!.Step >= 0 || livingState))
        {
            return;
        }

        var before = _runtime;
        Keep(null);
        before?.Dispose();
        var runtime = _create(stage);
        try
        {
            if (livingState)
            {
                runtime.AwaitState();
            }
            else if (runtime.RestoreLatest(log) is { } step)
            {
                log($"{stage.StageId} continues from the checkpoint after step {step}");
            }
        }
        catch
        {
            runtime.Dispose();
            throw;
        }

        Keep(runtime);
    }

    private void Keep(IStageRuntime? runtime)
    {
        lock (_gate)
        {
            _runtime = runtime;
        }
    }

    /// <summary>The model is ready for a generation, or, with an error, cannot be made.</summary>
    public sealed record Ready(long Generation, long Step, string? Error);

    /// <summary>A generation has ended on this trainer. <paramref name="Lost"/>: the member that was lost or waited for in vain; empty:
    /// none. <paramref name="Final"/>: a failure that trying again does not mend.</summary>
    public sealed record Ended(long Generation, long Step, GenerationOutcome Outcome, string Reason, string Lost, bool Final);
}
