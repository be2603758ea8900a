using Akka.Actor;
using Akka.Event;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>Parent to group: run this stage; answered by <see cref="StageEnded"/>.</summary>
public sealed record RunStage(TrainingStage Stage);

/// <summary>Group to parent: the stage is over. <paramref name="Error"/> is null when all its steps are done.</summary>
public sealed record StageEnded(string StageId, long Step, string? Error);

/// <summary>Group to parent: who trains, after each change.</summary>
public sealed record GenerationChanged(long Generation, string StageId, IReadOnlyList<string> Members, string Why);

/// <summary>
/// Forms the generations of the training group and runs stages on them. Gradients never pass here; it only decides who is in. Trainers
/// register again with a successor, which forms the next generation. (While no coordinator is left at all the cluster downs them; see
/// the known limits in the changelog.)
/// </summary>
public sealed class TrainingGroupActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private readonly GroupState _state;
    private readonly Dictionary<string, IActorRef> _trainers = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private PrepareGeneration? _preparing;

    /// <summary>A group that expects this many trainers at first.</summary>
    public TrainingGroupActor(int expectedTrainers)
    {
        _state = new GroupState(expectedTrainers, gather: TimeSpan.FromSeconds(15), prepare: TimeSpan.FromSeconds(5));
        Receive<RunStage>(m =>
        {
            _state.Run(m.Stage, DateTime.UtcNow);
            TryForm($"{m.Stage.StageId} begins");
        });
        Receive<RegisterTrainer>(OnRegister);
        Receive<GenerationPrepared>(m =>
        {
            if (_state.Prepared(m))
            {
                TryStart();
            }
        });
        Receive<StepReport>(m => Forward(m.Generation, m));
        Receive<EvaluationReport>(m => Forward(m.Generation, m));
        Receive<TrainerNotice>(m => Forward(m.Generation, m));
        Receive<GenerationEnded>(OnEnded);
        Receive<Terminated>(OnTerminated);
        Receive<Reform>(m => Form(m.Why));
        Receive<Tick>(_ => OnTick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props of a group.</summary>
    public static Props Props(int expectedTrainers) => Akka.Actor.Props.Create(() => new TrainingGroupActor(expectedTrainers));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.FromSeconds(0.5));

    private void OnRegister(RegisterTrainer m)
    {
        var changed = _state.Join(m.NodeId, m.Generation);
        if (_trainers.TryGetValue(m.NodeId, out var known) && !known.Equals(Sender))
        {
            // The same name from another process: the one before is gone, whatever the failure detector still thinks.
            Context.Unwatch(known);
            changed = true;
        }

        // Left out of the running generation because it answered too late: the next one takes it in.
        changed |= _state.Phase == GroupPhase.Running && _state.Ranks.All(r => r.NodeId != m.NodeId);
        _trainers[m.NodeId] = Sender;
        Context.Watch(Sender);
        Sender.Tell(new TrainerRegistered(m.NodeId));
        if (!changed)
        {
            return;
        }

        _log.Info("trainer {0} is there ({1} known)", m.NodeId, _trainers.Count);
        if (_state.Phase is GroupPhase.Preparing or GroupPhase.Running)
        {
            // Trainers often come several at once: one generation for all of them.
            Timers.StartSingleTimer("reform", new Reform($"{m.NodeId} joined"), Settle);
        }
        else
        {
            TryForm($"{m.NodeId} joined");
        }
    }

    private void OnTerminated(Terminated m)
    {
        var nodeId = _trainers.FirstOrDefault(t => t.Value.Equals(m.ActorRef)).Key;
        if (nodeId is not null)
        {
            _trainers.Remove(nodeId);
            _log.Info("trainer {0} is gone ({1} left)", nodeId, _trainers.Count);
            if (_state.Leave(nodeId))
            {
                Form($"{nodeId} is gone");
            }
        }
    }

    private void OnEnded(GenerationEnded m)
    {
        if (m.Generation != _state.Generation || _state.Phase != GroupPhase.Running || _state.Stage is not { } stage)
        {
            return;
        }

        switch (m.Outcome)
        {
            case GenerationOutcome.Completed when m.NodeId == _state.Ranks[0].NodeId:
                _state.End();
                Context.Parent.Tell(new StageEnded(stage.StageId, m.Step, null));
                break;
            case GenerationOutcome.Failed:
                foreach (var trainer in _trainers.Values)
                {
                    trainer.Tell(new StopGeneration(m.Generation, $"{m.NodeId} failed: {m.Reason}"));
                }

                _state.End();
                Context.Parent.Tell(new StageEnded(stage.StageId, m.Step, $"{m.NodeId}: {m.Reason}"));
                break;
            case GenerationOutcome.Interrupted:
                _log.Warning("generation {0} was interrupted on {1} after step {2}: {3}", m.Generation, m.NodeId, m.Step, m.Reason);
                Form($"generation {m.Generation} was interrupted: {m.Reason}");
                break;
        }
    }

    private void OnTick()
    {
        if (_state.CanForm(DateTime.UtcNow))
        {
            TryForm("trainers are there");
        }
        else if (_state.Phase == GroupPhase.Preparing && _preparing is not null)
        {
            if (!TryStart())
            {
                foreach (var nodeId in _state.Unprepared)
                {
                    _trainers[nodeId].Tell(_preparing);
                }
            }
        }
    }

    private void TryForm(string why)
    {
        if (_state.CanForm(DateTime.UtcNow))
        {
            Form(why);
        }
    }

    private void Form(string why)
    {
        Timers.Cancel("reform");
        if (_state.Stage is null)
        {
            return;
        }

        if (_trainers.Count == 0)
        {
            _log.Warning("no trainer is left; the stage waits for one");
            _state.WaitAgain(DateTime.UtcNow);
            return;
        }

        _preparing = _state.Form(DateTime.UtcNow);
        _log.Info("generation {0} forms, because {1}", _preparing.Generation, why);
        foreach (var trainer in _trainers.Values)
        {
            trainer.Tell(_preparing);
        }

        Context.Parent.Tell(new GenerationChanged(_preparing.Generation, _preparing.Stage.StageId, [.. _trainers.Keys], why));
    }

    private bool TryStart()
    {
        if (_state.TryStart(DateTime.UtcNow) is not { } starts)
        {
            return false;
        }

        foreach (var (nodeId, start) in starts)
        {
            _trainers[nodeId].Tell(start);
        }

        _log.Info("generation {0} starts with {1}", _state.Generation, string.Join(", ", starts.Select(s => s.NodeId)));
        return true;
    }

    private void Forward(long generation, object message)
    {
        if (generation == _state.Generation)
        {
            Context.Parent.Tell(message);
        }
    }

    private sealed record Reform(string Why);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
