using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>Forming a generation: who is asked, who answers, and the start.</summary>
public sealed partial class GroupState
{
    private string _forming = "";
    private bool _living;
    private DateTime? _holdersSince;

    /// <summary>A member has opened its listener and says where it stands.</summary>
    public IReadOnlyList<GroupEffect> Prepared(GenerationPrepared answer, DateTime now)
    {
        if (!_members.TryGetValue(answer.NodeId, out var member) || member.Leaving)
        {
            return Drain();
        }

        (member.Lost, member.LeftOut, member.NotBefore) = (false, 0, default);
        if (answer.Generation > _current?.Number)
        {
            _current.Out.Add(answer.NodeId);
            Left(answer.NodeId);
        }

        if (Phase == GroupPhase.Preparing && answer.Generation == Generation && answer.Term == _term)
        {
            Remember(answer.NodeId, answer.Step);
            _prepared[answer.NodeId] = answer;
        }
        else if (Phase == GroupPhase.Running && !_current!.Members.Contains(answer.NodeId))
        {
            ScheduleJoin($"{answer.NodeId} is prepared after all", now);
        }

        return Proceed(_forming, now);
    }

    /// <summary>A member is at work on its answer: its deadline is put off, up to <see cref="GroupTimes.MostPreparing"/>.</summary>
    public IReadOnlyList<GroupEffect> Preparing(GenerationPreparing word, DateTime now)
    {
        if (_members.TryGetValue(word.NodeId, out var member) && Phase == GroupPhase.Preparing && word.Generation == Generation
            && _awaited.TryGetValue(word.NodeId, out var awaited))
        {
            member.Lost = false;
            awaited.Doing = word.Doing;
            var later = now + _times.Prepare;
            var last = _since + _times.MostPreparing;
            awaited.Deadline = Max(awaited.Deadline, later < last ? later : last);
        }

        return Proceed(_forming, now);
    }

    // All expected trainers are there, or one is and the wait is over. While somebody says that it runs this stage already, its fellow
    // members are waited for.
    private bool CanForm(DateTime now)
    {
        var usable = _members.Values.Count(m => m.Usable(now));
        return usable > 0
            && (now >= _deadline || (usable >= _expected && !_members.Values.Any(m => !m.Leaving && m.Runs(Stage!.StageId))));
    }

    private void Form(string why, bool atBoundary, DateTime now)
    {
        _join = null;
        var usable = _members.Values.Where(m => m.Usable(now)).ToList();
        if (usable.Count == 0)
        {
            WaitAgain(why, now);
            return;
        }

        _living = usable.Any(m => m.StageId == Stage!.StageId && m.Step >= 0);
        if (!_living && HolderOutOfReach(now))
        {
            return;
        }

        Phase = GroupPhase.Preparing;
        Generation++;
        _forming = why;
        _since = now;
        _awaited.Clear();
        _prepared.Clear();
        foreach (var member in _members.Values.Where(m => !m.Leaving))
        {
            Ask(member, atBoundary && (_current?.Holds(member.NodeId) ?? member.Card?.Running >= 0), now);
        }

        Note($"generation {Generation} forms, because {why}");
        _effects.Add(new ToParent(new GenerationChanged(Generation, Stage!.StageId, [.. usable.Select(m => m.NodeId)], why)));
    }

    // Those who hold the state cannot be reached, but nobody has declared them dead: they may be stepping on, behind a broken link. Before
    // others begin again from a checkpoint, the cluster has its time to find out.
    private bool HolderOutOfReach(DateTime now)
    {
        if (_members.Values.FirstOrDefault(m => m.Unreachable && m.StageId == Stage!.StageId && m.Step >= 0) is not { } holder)
        {
            return false;
        }

        var first = _holdersSince is null;
        _holdersSince ??= now;
        if (now - _holdersSince >= _times.Holders)
        {
            return false;
        }

        if (first)
        {
            Note($"{holder.NodeId} holds the state after step {holder.Step} and cannot be reached; it is waited for until the cluster "
                + $"declares it dead, {_times.Holders.TotalSeconds:F0} s at most");
        }

        WaitAgain($"{holder.NodeId} holds the state and cannot be reached", now);
        return true;
    }

    private void Ask(GroupMember member, bool atBoundary, DateTime now)
    {
        _prepared.Remove(member.NodeId);
        _awaited[member.NodeId] = new AwaitedMember
        {
            AtOnce = !atBoundary,
            RepeatAt = now + _times.Repeat,
            Deadline = now + (!member.Usable(now) ? _times.Suspect
                : atBoundary ? _times.Boundary(_stepSeconds)
                : _times.Prepare),
        };
        Repeat(member.NodeId);
    }

    private void Repeat(string nodeId) => Tell(nodeId, new PrepareGeneration(Generation, Stage!)
    {
        Term = _term,
        AtBoundary = !_awaited[nodeId].AtOnce,
        LivingState = _living,
    });

    private void PassDeadlines(DateTime now)
    {
        foreach (var nodeId in Unprepared.ToList())
        {
            var awaited = _awaited[nodeId];
            if (now < awaited.Deadline)
            {
                if (now >= awaited.RepeatAt)
                {
                    awaited.RepeatAt = now + _times.Repeat;
                    Repeat(nodeId);
                }
            }
            else if (!awaited.AtOnce && _members[nodeId].Usable(now))
            {
                Note($"{nodeId} did not come to a step boundary for generation {Generation} in time: it leaves at once");
                LeaveAtOnce(nodeId, awaited, now);
            }
            else
            {
                LeaveOut(nodeId, awaited, now);
            }
        }
    }

    private void LeaveAtOnce(string nodeId, AwaitedMember awaited, DateTime now)
    {
        (awaited.AtOnce, awaited.Deadline) = (true, now + _times.Prepare);
        Repeat(nodeId);
    }

    // A member was lost while the old generation was to come to a boundary: it never will.
    private void AllLeaveAtOnce(DateTime now)
    {
        foreach (var nodeId in Unprepared.ToList())
        {
            if (!_awaited[nodeId].AtOnce)
            {
                LeaveAtOnce(nodeId, _awaited[nodeId], now);
            }
        }
    }

    private void LeaveOut(string nodeId, AwaitedMember awaited, DateTime now)
    {
        _awaited.Remove(nodeId);
        var member = _members[nodeId];
        if (member.Usable(now))
        {
            Rest(member, now);
        }

        var doing = awaited.Doing.Length > 0 ? $" (last word: {awaited.Doing})" : "";
        Note($"generation {Generation} goes on without {nodeId}, which did not answer in time{doing}");
    }

    // Not asked again for a growing while.
    private void Rest(GroupMember member, DateTime now)
    {
        var pause = _times.Prepare * Math.Pow(2, Math.Min(member.LeftOut++, 16));
        member.NotBefore = now + (pause < _times.LongestBackOff ? pause : _times.LongestBackOff);
    }

    private void TryStart(DateTime now)
    {
        if (Unprepared.Any())
        {
            return;
        }

        if (_prepared.Count == 0)
        {
            WaitAgain($"nobody answered for generation {Generation}; {_forming}", now);
        }
        else if (_living && _prepared.Values.All(p => p.Step < 0))
        {
            // Whoever held the state is out: this time those who are there restore it from the last checkpoint.
            Form("nobody who answered holds the state", atBoundary: false, now);
        }
        else
        {
            Start(now);
        }
    }

    private void Start(DateTime now)
    {
        var ranks = _prepared.Values.Select(p => new RankEndpoint(p.NodeId, p.Host, p.Port)).ToArray();
        _current = new StartedGeneration(Generation, _group, [.. ranks.Select(r => r.NodeId)]);
        (_since, _holdersSince) = (now, null);
        _awaited.Clear();
        _prepared.Clear();
        Phase = GroupPhase.Running;
        for (var rank = 0; rank < ranks.Length; rank++)
        {
            Tell(ranks[rank].NodeId, new StartGeneration(Generation, rank, ranks, _group) { Term = _term });
        }

        Note($"generation {Generation} starts with {string.Join(", ", _current.Members)}");
        AskForCheckpoint();
        if (_members.Values.FirstOrDefault(m => m.Usable(now) && !_current.Members.Contains(m.NodeId)) is { } late)
        {
            ScheduleJoin($"{late.NodeId} joined", now);
        }
    }

    private void WaitAgain(string why, DateTime now)
    {
        Phase = GroupPhase.Waiting;
        _awaited.Clear();
        _prepared.Clear();
        _deadline = now + _times.Gather;
        _sayAt = now;
        _forming = why;
        SayWaiting(now);
    }

    private void SayWaiting(DateTime now)
    {
        if (now >= _sayAt && !_members.Values.Any(m => m.Usable(now)))
        {
            _sayAt = now + _times.SayWaiting;
            var silent = _members.Count == 0 ? "none is known" : $"{string.Join(", ", _members.Keys)} cannot be used now";
            var why = $"no trainer can go on ({silent}; {_forming}); the stage waits and goes on when trainers come back";
            Note(why);
            _effects.Add(new ToParent(new GroupWaiting(Stage!.StageId, why)));
        }
    }

    private void ScheduleJoin(string why, DateTime now) => _join ??= (now + _times.Settle, why);

    private static DateTime Max(DateTime a, DateTime b) => a > b ? a : b;
}
