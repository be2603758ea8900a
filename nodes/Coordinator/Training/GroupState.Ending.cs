using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>How generations end: by their members' word, by a polite leave, by a pause; and checkpoints asked for on the way.</summary>
public sealed partial class GroupState
{
    private readonly Dictionary<string, (long Generation, bool AtOnce, DateTime Deadline)> _pausing = [];
    private long _request;
    private long _failedAt = -1;
    private int _failures;
    private DateTime? _requested;

    /// <summary>A trainer is out of a generation, or could not prepare for one.</summary>
    public IReadOnlyList<GroupEffect> Ended(GenerationEnded m, DateTime now)
    {
        if (Stage is null)
        {
            FinishLeaving(m.NodeId);
            return Drain();
        }

        var ofCurrent = _current?.Number == m.Generation && _current.Members.Contains(m.NodeId);
        var ofPrepared = Phase == GroupPhase.Preparing && m.Generation == Generation && _members.ContainsKey(m.NodeId);
        if (ofCurrent)
        {
            _current!.Out.Add(m.NodeId);
            Remember(m.NodeId, m.Step);
            Left(m.NodeId);
        }

        _pausing.Remove(m.NodeId);
        if (m.Outcome == GenerationOutcome.Failed && (ofCurrent || ofPrepared) && !IsFinal(m))
        {
            GoOnWithout(m, ofCurrent, now);
        }
        else if (m.Outcome == GenerationOutcome.Failed && (ofCurrent || ofPrepared))
        {
            foreach (var nodeId in _members.Keys)
            {
                Tell(nodeId, new StopGeneration(_current?.Number ?? m.Generation, $"{m.NodeId} failed: {m.Reason}") { Term = _term });
            }

            EndStage(m.Step, $"{m.NodeId}: {m.Reason}");
        }
        else if (m.Outcome == GenerationOutcome.Completed && ofCurrent && m.NodeId == _current!.Members[0])
        {
            EndStage(m.Step, null);
        }
        else if (m.Outcome == GenerationOutcome.Interrupted && ofCurrent)
        {
            Interrupted(m, now);
        }

        if (!(_current?.Holds(m.NodeId) ?? false))
        {
            FinishLeaving(m.NodeId);
        }

        return Proceed(_forming, now);
    }

    /// <summary>A trainer was asked to leave: the others go on without it from the next step boundary.</summary>
    public IReadOnlyList<GroupEffect> Leave(string nodeId, DateTime now)
    {
        if (!_members.TryGetValue(nodeId, out var member))
        {
            Tell(nodeId, new GroupLeft(nodeId) { Term = _term });
            return Drain();
        }

        var first = !member.Leaving;
        member.Leaving = true;
        _awaited.Remove(nodeId);
        _prepared.Remove(nodeId);
        if (!(_current?.Holds(nodeId) ?? false))
        {
            FinishLeaving(nodeId);
            return Proceed($"{nodeId} has left", now);
        }

        var others = _members.Values.Any(m => m.Usable(now));
        Tell(nodeId, new StopGeneration(_current.Number, $"{nodeId} was asked to leave")
        {
            Term = _term,
            AtBoundary = true,
            Checkpoint = !others,
        });
        if (first && Phase == GroupPhase.Running)
        {
            Form($"{nodeId} leaves", atBoundary: true, now);
        }

        return Proceed(_forming, now);
    }

    /// <summary>The parent wants no steps until <see cref="Resume"/>.</summary>
    public IReadOnlyList<GroupEffect> Pause(DateTime now)
    {
        _paused = true;
        if (Stage is not null && Phase != GroupPhase.Paused)
        {
            Phase = GroupPhase.Paused;
            _join = null;
            _awaited.Clear();
            _prepared.Clear();
            FailCheckpoint("the group is paused");
            foreach (var nodeId in _current?.Members.Where(_current.Holds).ToList() ?? [])
            {
                StopForPause(nodeId, _current!.Number, now);
            }

            SayPaused("no generation was running");
        }

        return Drain();
    }

    /// <summary>The parent wants steps again.</summary>
    public IReadOnlyList<GroupEffect> Resume(DateTime now)
    {
        _paused = false;
        if (Phase == GroupPhase.Paused)
        {
            _pausing.Clear();
            Phase = GroupPhase.Waiting;
            _deadline = _sayAt = now;
        }

        return Proceed("the group is resumed", now);
    }

    /// <summary>The parent wants a checkpoint at the next step boundary.</summary>
    public IReadOnlyList<GroupEffect> Checkpoint(DateTime now)
    {
        _requested = now + _times.Checkpoint;
        if (Stage is null || Phase == GroupPhase.Paused)
        {
            FailCheckpoint(Stage is null ? "no stage is run" : "the group is paused");
            return Drain();
        }

        _request++;
        if (Phase == GroupPhase.Running)
        {
            AskForCheckpoint();
        }

        return Drain();
    }

    /// <summary>Rank 0 has written the checkpoint, or could not.</summary>
    public IReadOnlyList<GroupEffect> Checkpointed(GenerationCheckpointed m)
    {
        if (_requested is not null && m.Request == _request)
        {
            _requested = null;
            _effects.Add(new ToParent(new CheckpointWritten(m.Step, m.Error.Length == 0 ? null : m.Error)));
        }

        return Drain();
    }

    // Several in a row without a step between them: it is the job, not one trainer.
    private bool IsFinal(GenerationEnded m)
    {
        if (m.Step > _failedAt)
        {
            (_failures, _failedAt) = (0, m.Step);
        }

        return m.Final || ++_failures >= _times.FailuresWithoutStep;
    }

    private void GoOnWithout(GenerationEnded m, bool ofCurrent, DateTime now)
    {
        Note($"{m.NodeId} failed after step {m.Step}, {_failures} of {_times.FailuresWithoutStep} without a step: {m.Reason}");
        _effects.Add(new ToParent(new TrainerFailed(Stage!.StageId, m.NodeId, m.Reason)));
        Remember(m.NodeId, -1);
        if (_members.TryGetValue(m.NodeId, out var member))
        {
            Rest(member, now);
        }

        _awaited.Remove(m.NodeId);
        _prepared.Remove(m.NodeId);
        if (ofCurrent && Phase == GroupPhase.Running)
        {
            Form($"{m.NodeId} failed: {m.Reason}", atBoundary: false, now);
        }
        else if (Phase == GroupPhase.Paused)
        {
            SayPaused($"{m.NodeId} failed: {m.Reason}");
        }
    }

    private void Interrupted(GenerationEnded m, DateTime now)
    {
        Note($"generation {m.Generation} ended on {m.NodeId} after step {m.Step}: {m.Reason}");
        if (_members.TryGetValue(m.Lost, out var lost) && _current!.Holds(m.Lost))
        {
            lost.Lost = true;
            Suspect(m.Lost, now);
        }

        switch (Phase)
        {
            case GroupPhase.Running:
                Form($"generation {m.Generation} was interrupted: {m.Reason}", atBoundary: false, now);
                break;
            case GroupPhase.Paused:
                SayPaused($"{m.NodeId} was the last to leave generation {m.Generation}, after step {m.Step}");
                break;
        }
    }

    private void FinishLeaving(string nodeId)
    {
        if (_members.TryGetValue(nodeId, out var member) && member.Leaving)
        {
            _members.Remove(nodeId);
            Note($"{nodeId} has left ({_members.Count} left)");
            Tell(nodeId, new GroupLeft(nodeId) { Term = _term });
        }
    }

    private void StopForPause(string nodeId, long generation, DateTime now)
    {
        var known = _pausing.TryGetValue(nodeId, out var before) && before.Generation == generation;
        var (atOnce, deadline) = known ? (before.AtOnce, before.Deadline) : (false, now + _times.Boundary(_stepSeconds));
        _pausing[nodeId] = (generation, atOnce, deadline);
        Tell(nodeId, new StopGeneration(generation, "the group is paused") { Term = _term, AtBoundary = !atOnce });
    }

    private void PassPauseDeadline(DateTime now)
    {
        foreach (var (nodeId, (generation, atOnce, deadline)) in _pausing.Where(p => now >= p.Value.Deadline).ToList())
        {
            if (atOnce || !_members.ContainsKey(nodeId))
            {
                _pausing.Remove(nodeId);
                SayPaused($"{nodeId} did not say that it left generation {generation}");
            }
            else
            {
                _pausing[nodeId] = (generation, true, now + _times.Prepare);
                Tell(nodeId, new StopGeneration(generation, "the group is paused") { Term = _term });
            }
        }
    }

    private void SayPaused(string how)
    {
        if (_pausing.Count == 0)
        {
            _effects.Add(new ToParent(new GroupPaused(Stage!.StageId, how)));
        }
    }

    private void AskForCheckpoint()
    {
        if (_requested is not null)
        {
            foreach (var nodeId in _current!.Members)
            {
                Tell(nodeId, new CheckpointGeneration(_current.Number, _request) { Term = _term });
            }
        }
    }

    private void PassCheckpointDeadline(DateTime now)
    {
        if (now >= _requested)
        {
            var whom = Phase == GroupPhase.Running ? $"rank 0 ({_current!.Members[0]})" : "a generation";
            FailCheckpoint($"waited {_times.Checkpoint.TotalSeconds:F0} s for {whom} to write it");
        }
    }

    private void FailCheckpoint(string why)
    {
        if (_requested is not null)
        {
            _requested = null;
            _effects.Add(new ToParent(new CheckpointWritten(-1, why)));
        }
    }
}
