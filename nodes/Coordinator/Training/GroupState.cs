using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>Where the training group stands.</summary>
public enum GroupPhase
{
    /// <summary>No stage is run.</summary>
    Idle,

    /// <summary>A stage is wanted, but there are too few trainers yet.</summary>
    Waiting,

    /// <summary>Members were asked to leave what they do and open listeners for the next generation.</summary>
    Preparing,

    /// <summary>The generation steps.</summary>
    Running,

    /// <summary>No generation is formed until the group is resumed.</summary>
    Paused,
}

/// <summary>
/// Decides who is in which generation of the training group: pure, without actors or a clock. A generation's members and ranks never
/// change; any change of membership makes the next generation, whose number is higher than any a trainer has heard of. Each method is
/// one event and returns what is to be done about it. Not thread-safe.
/// </summary>
public sealed partial class GroupState
{
    private readonly int _expected;
    private readonly GroupTimes _times;
    private readonly long _term;
    private readonly string _group;
    private readonly SortedDictionary<string, GroupMember> _members = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, AwaitedMember> _awaited = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, GenerationPrepared> _prepared = new(StringComparer.Ordinal);
    private readonly List<GroupEffect> _effects = [];
    private StartedGeneration? _current;
    private DateTime _since;
    private DateTime _deadline;
    private DateTime _sayAt;
    private (DateTime At, string Why)? _join;
    private double _stepSeconds;
    private bool _paused;

    /// <summary>A group without trainers and stage.</summary>
    /// <param name="expected">Trainers for which the first generation waits.</param>
    /// <param name="times">How long it waits for what.</param>
    /// <param name="term">Term of the coordinator, in every message: trainers ignore a lower one than they have heard.</param>
    /// <param name="group">GUID of the rings formed here; drawn when null.</param>
    public GroupState(int expected, GroupTimes? times = null, long term = 0, string? group = null) =>
        (_expected, _times, _term, _group) = (expected, times ?? new GroupTimes(), term, group ?? Guid.NewGuid().ToString());

    /// <summary>Where the group stands.</summary>
    public GroupPhase Phase { get; private set; } = GroupPhase.Idle;

    /// <summary>The highest generation's number: prepared, run, or heard of.</summary>
    public long Generation { get; private set; }

    /// <summary>The stage that is run, or null.</summary>
    public TrainingStage? Stage { get; private set; }

    /// <summary>Known trainers, in the order of their names.</summary>
    public IReadOnlyCollection<string> Members => _members.Keys;

    /// <summary>Members of the running generation by rank.</summary>
    public IReadOnlyList<string> Ranks => Phase == GroupPhase.Running ? _current!.Members : [];

    /// <summary>Members whose answer is waited for.</summary>
    public IEnumerable<string> Unprepared => _awaited.Keys.Where(m => !_prepared.ContainsKey(m));

    /// <summary>The parent wants a stage run: with the generation that runs it already, or with whoever is there.</summary>
    public IReadOnlyList<GroupEffect> Run(TrainingStage stage, DateTime now)
    {
        Stage = stage;
        _current = null;
        _stepSeconds = 0;
        _deadline = _sayAt = now + _times.Gather;
        Phase = _paused ? GroupPhase.Paused : GroupPhase.Waiting;
        return Proceed($"{stage.StageId} begins", now);
    }

    /// <summary>Time passes.</summary>
    public IReadOnlyList<GroupEffect> Tick(DateTime now) => Proceed("trainers are there", now);

    /// <summary>A rank reports a step: it is known then how far the next boundary may be away.</summary>
    public IReadOnlyList<GroupEffect> Stepped(StepReport report)
    {
        if (_current?.Number == report.Generation && Stage?.StageId == report.StageId)
        {
            _stepSeconds = report.StepSeconds;
            foreach (var nodeId in _current.Members.Where(_current.Holds))
            {
                Remember(nodeId, report.Step);
            }

            _effects.Add(new ToParent(report));
        }

        return Drain();
    }

    /// <summary>A rank reports an evaluation.</summary>
    public IReadOnlyList<GroupEffect> Evaluated(EvaluationReport report)
    {
        if (_current?.Number == report.Generation && Stage?.StageId == report.StageId)
        {
            _effects.Add(new ToParent(report));
        }

        return Drain();
    }

    // What can be done now is done, whatever event came.
    private IReadOnlyList<GroupEffect> Proceed(string why, DateTime now)
    {
        switch (Phase)
        {
            case GroupPhase.Waiting when !TryAdopt(now):
                if (CanForm(now))
                {
                    Form(why, atBoundary: true, now);
                }
                else
                {
                    SayWaiting(now);
                }

                break;
            case GroupPhase.Preparing:
                PassDeadlines(now);
                TryStart(now);
                break;
            case GroupPhase.Running when _join is { } join && now >= join.At:
                _join = null;
                if (_members.Values.Any(m => m.Usable(now) && !_current!.Members.Contains(m.NodeId)))
                {
                    Form(join.Why, atBoundary: true, now);
                }

                break;
            case GroupPhase.Paused:
                PassPauseDeadline(now);
                break;
        }

        PassCheckpointDeadline(now);
        return Drain();
    }

    private GroupEffect[] Drain()
    {
        GroupEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    private void Tell(string nodeId, Protocol.Wire.IWireMessage message) => _effects.Add(new ToTrainer(nodeId, message));

    private void Note(string line) => _effects.Add(new GroupNote(line));

    private void Remember(string nodeId, long step)
    {
        if (_members.TryGetValue(nodeId, out var member))
        {
            (member.StageId, member.Step) = (Stage?.StageId ?? "", step);
        }
    }

    private void EndStage(long step, string? error)
    {
        (_failures, _failedAt) = (0, -1);
        var stage = Stage!;
        FailCheckpoint("the stage is over");
        Stage = null;
        _current = null;
        _join = null;
        _awaited.Clear();
        _prepared.Clear();
        Phase = GroupPhase.Idle;
        _effects.Add(new ToParent(new StageEnded(stage.StageId, step, error)));
    }
}
