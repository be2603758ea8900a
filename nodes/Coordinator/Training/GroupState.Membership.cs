using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>Trainers coming, going, being lost and found, and the adoption of a generation that runs already.</summary>
public sealed partial class GroupState
{
    /// <summary>A trainer says that it is there.</summary>
    /// <param name="card">What it says.</param>
    /// <param name="newProcess">Another process than the known one of this name.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<GroupEffect> Register(RegisterTrainer card, bool newProcess, DateTime now)
    {
        var id = card.NodeId;
        if (newProcess && _members.ContainsKey(id))
        {
            Lose(id, $"{id} was started again", remove: true, now);
        }

        var isNew = !_members.TryGetValue(id, out var member);
        member ??= _members[id] = new GroupMember(id);
        var wasLost = member.Lost;
        member.Lost = false;
        member.Card = card;
        (member.StageId, member.Step) = (card.StageId, card.Step);
        var outrun = card.Term != _term && card.Generation >= Generation;
        Generation = Math.Max(Generation, card.Generation);
        if (member.Leaving)
        {
            return Proceed(_forming, now);
        }

        if (isNew)
        {
            Note($"trainer {id} is there ({_members.Count} known)");
        }

        switch (Phase)
        {
            case GroupPhase.Preparing when outrun:
                // It has heard such a number from another coordinator and would take no part under this one.
                Form($"{id} has heard of generation {card.Generation} from another coordinator", atBoundary: true, now);
                break;
            case GroupPhase.Preparing when isNew:
                Ask(member, card.Running >= 0, now);
                break;
            case GroupPhase.Preparing when wasLost && _awaited.TryGetValue(id, out var awaited):
                awaited.Deadline = Max(awaited.Deadline, now + _times.Prepare);
                break;
            case GroupPhase.Running when !_current!.Members.Contains(id):
                if (member.Usable(now))
                {
                    ScheduleJoin($"{id} joined", now);
                }

                break;
            case GroupPhase.Running when card.Running != _current!.Number && now >= _since + _times.Prepare:
                // Its start or its end was lost on the way.
                _current.Out.Add(id);
                Form($"{id} is no longer in generation {_current.Number}", atBoundary: false, now);
                break;
            case GroupPhase.Paused when card.Running >= 0:
                StopForPause(id, card.Running, now);
                break;
        }

        return Proceed($"{id} joined", now);
    }

    /// <summary>A trainer's process or node is gone.</summary>
    public IReadOnlyList<GroupEffect> Gone(string nodeId, DateTime now)
    {
        if (_members.ContainsKey(nodeId))
        {
            Note($"trainer {nodeId} is gone ({_members.Count - 1} left)");
            Lose(nodeId, $"{nodeId} is gone", remove: true, now);
        }

        return Proceed(_forming, now);
    }

    /// <summary>The cluster cannot reach a trainer (it hangs, or is cut off): the rest goes on without it.</summary>
    public IReadOnlyList<GroupEffect> Unreachable(string nodeId, DateTime now)
    {
        if (_members.TryGetValue(nodeId, out var member) && !member.Unreachable)
        {
            // What it said before is of no worth by the time it is back.
            (member.Unreachable, member.Card) = (true, null);
            Lose(nodeId, $"{nodeId} cannot be reached", remove: false, now);
        }

        return Proceed(_forming, now);
    }

    /// <summary>The cluster reaches a trainer again: the next generation takes it in.</summary>
    public IReadOnlyList<GroupEffect> Reachable(string nodeId, DateTime now)
    {
        if (_members.TryGetValue(nodeId, out var member) && member.Unreachable)
        {
            (member.Unreachable, member.Lost) = (false, false);
            if (Phase == GroupPhase.Preparing && !member.Leaving && !_prepared.ContainsKey(nodeId))
            {
                Ask(member, atBoundary: false, now);
            }
            else if (Phase == GroupPhase.Running && !_current!.Members.Contains(nodeId))
            {
                ScheduleJoin($"{nodeId} can be reached again", now);
            }
        }

        return Proceed(_forming, now);
    }

    private void Lose(string nodeId, string why, bool remove, DateTime now)
    {
        var inRing = _current?.Holds(nodeId) ?? false;
        if (remove)
        {
            _members.Remove(nodeId);
            _awaited.Remove(nodeId);
            _current?.Out.Add(nodeId);
        }

        _prepared.Remove(nodeId);
        switch (Phase)
        {
            case GroupPhase.Running when _current!.Members.Contains(nodeId):
                Form(why, atBoundary: false, now);
                break;
            case GroupPhase.Preparing:
                _forming = why;
                Suspect(nodeId, now);
                if (inRing)
                {
                    AllLeaveAtOnce(now);
                }

                break;
        }
    }

    // What it said of itself before does not hold any more.
    private void Left(string nodeId)
    {
        if (_members.TryGetValue(nodeId, out var member) && member.Card is { } card)
        {
            member.Card = card with { Running = -1 };
        }
    }

    // Its answer is not waited for long any more.
    private void Suspect(string nodeId, DateTime now)
    {
        if (_awaited.TryGetValue(nodeId, out var awaited) && !_prepared.ContainsKey(nodeId))
        {
            awaited.AtOnce = true;
            awaited.Deadline = awaited.Deadline < now + _times.Suspect ? awaited.Deadline : now + _times.Suspect;
        }
    }

    // All members of one running generation of this stage are there: it goes on, nobody need notice that the coordinator changed.
    private bool TryAdopt(DateTime now)
    {
        var running = _members.Values.Where(m => m.Runs(Stage!.StageId)).Select(m => m.Card!)
            .Where(card => card.Members.All(id => IsIn(id, card))).MaxBy(card => card.Running);
        if (running is null)
        {
            return false;
        }

        _current = new StartedGeneration(running.Running, running.Group, running.Members);
        _since = now;
        Phase = GroupPhase.Running;
        Note($"generation {running.Running} ({string.Join(", ", running.Members)}) is adopted: it goes on as it is");
        _effects.Add(new ToParent(new GenerationChanged(
            running.Running, Stage!.StageId, running.Members, "it went on while the coordinator changed")));
        AskForCheckpoint();
        if (_members.Values.FirstOrDefault(m => m.Usable(now) && !running.Members.Contains(m.NodeId)) is { } late)
        {
            ScheduleJoin($"{late.NodeId} joined", now);
        }

        return true;
    }

    private bool IsIn(string nodeId, RegisterTrainer card) =>
        _members.TryGetValue(nodeId, out var member) && !member.Suspect && !member.Leaving
        && member.Card is { } other && other.Running == card.Running && other.Group == card.Group
        && other.StageId == card.StageId;
}
