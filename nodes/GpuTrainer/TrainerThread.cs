using Ism.Collectives;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer;

/// <summary>
/// The thread that trains: one generation at a time, with the stage's model kept in between. torch's dispose scopes belong to a
/// thread, so everything that touches tensors happens here.
/// </summary>
public sealed class TrainerThread : IDisposable
{
    private readonly JobOptions _job;
    private readonly Workspace _workspace;
    private readonly Action<Ended> _ended;
    private readonly System.Collections.Concurrent.BlockingCollection<Action> _work = [];
    private readonly Lock _gate = new();
    private IStageRuntime? _runtime;
    private CancellationTokenSource _cancel = new();
    private ICollectiveGroup? _group;
    private (string StageId, long Step) _progress = ("", -1);

    /// <summary>Starts the thread; <paramref name="ended"/> is called on it when a generation has ended.</summary>
    public TrainerThread(JobOptions job, Workspace workspace, Action<Ended> ended)
    {
        (_job, _workspace, _ended) = (job, workspace, ended);
        new Thread(() =>
        {
            foreach (var work in _work.GetConsumingEnumerable())
            {
                work();
            }

            _runtime?.Dispose();
        })
        {
            Name = "training",
            IsBackground = true,
        }.Start();
    }

    /// <summary>The last completed step of a stage in memory; -1 when there is none.</summary>
    public long StepOf(string stageId)
    {
        lock (_gate)
        {
            return _progress.StageId == stageId ? _progress.Step : -1;
        }
    }

    /// <summary>Runs a generation: connects the ring, agrees on the state, and steps.</summary>
    public void Start(TrainingStage stage, StageLoopHost host, TcpRingListener listener, RingMembership membership)
    {
        CancellationToken cancel;
        lock (_gate)
        {
            _cancel = new CancellationTokenSource();
            cancel = _cancel.Token;
        }

        _work.Add(() => Run(stage, host, listener, membership, cancel));
    }

    /// <summary>Ends the running generation on all its members; any thread.</summary>
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
        TrainingStage stage, StageLoopHost host, TcpRingListener listener, RingMembership membership, CancellationToken cancel)
    {
        var (outcome, reason) = (GenerationOutcome.Completed, "");
        try
        {
            PrepareRuntime(stage, host);
            using var group = listener.Connect(membership, TimeSpan.FromSeconds(_job.Cluster.CollectiveSeconds), cancel);
            lock (_gate)
            {
                _group = group;
            }

            cancel.ThrowIfCancellationRequested();
            new StageLoop(host, _runtime!, group).Run(cancel);
        }
        catch (Exception e) when (e is CollectiveException or OperationCanceledException)
        {
            (outcome, reason) = (GenerationOutcome.Interrupted, e.Message);
        }
        catch (Exception e)
        {
            // Anything else would come again in the next generation: the job is told and stops.
            (outcome, reason) = (GenerationOutcome.Failed, e.Message);
            host.Log(e.ToString());
        }
        finally
        {
            listener.Dispose();
            lock (_gate)
            {
                _group = null;
                _progress = (stage.StageId, _runtime?.Step ?? -1);
            }
        }

        _ended(new Ended(membership.Generation, _runtime?.Step ?? -1, outcome, reason));
    }

    private void PrepareRuntime(TrainingStage stage, StageLoopHost host)
    {
        // A state that was being overwritten when its source was lost is of no use: begin from the last checkpoint.
        if (_runtime?.Stage == stage && _runtime.Step >= 0)
        {
            return;
        }

        _runtime?.Dispose();
        _runtime = null;
        _runtime = StageRuntimes.Create(stage, _job, _workspace);
        if (_runtime.RestoreLatest(host.Log) is { } step)
        {
            host.Log($"{stage.StageId} continues from the checkpoint after step {step}");
        }
    }

    /// <summary>A generation has ended on this trainer.</summary>
    public sealed record Ended(long Generation, long Step, GenerationOutcome Outcome, string Reason);
}
