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
}

/// <summary>
/// Decides who is in which generation of the training group: pure, without actors or a clock. A generation's members and ranks never
/// change; any change of membership makes the next generation, whose number is higher than any a trainer has heard of.
/// Not thread-safe.
/// </summary>
/// <param name="expected">Trainers for which the first generation waits.</param>
/// <param name="gather">How long it waits for more than one of them.</param>
/// <param name="prepare">How long members may take to prepare; who does not answer is left out of the generation.</param>
public sealed class GroupState(int expected, TimeSpan gather, TimeSpan prepare)
{
    private readonly SortedDictionary<string, long> _members = new(StringComparer.Ordinal);
    private readonly string _group = Guid.NewGuid().ToString();
    private readonly Dictionary<string, GenerationPrepared> _prepared = new(StringComparer.Ordinal);
    private DateTime _deadline;

    /// <summary>Where the group stands.</summary>
    public GroupPhase Phase { get; private set; } = GroupPhase.Idle;

    /// <summary>The current (or last) generation's number.</summary>
    public long Generation { get; private set; }

    /// <summary>The stage that is run, or null.</summary>
    public TrainingStage? Stage { get; private set; }

    /// <summary>Known living trainers, in the order of their names.</summary>
    public IReadOnlyCollection<string> Members => _members.Keys;

    /// <summary>Ranks of the running generation.</summary>
    public IReadOnlyList<RankEndpoint> Ranks { get; private set; } = [];

    /// <summary>Members of the generation in preparation that have not answered.</summary>
    public IEnumerable<string> Unprepared => _members.Keys.Where(m => !_prepared.ContainsKey(m));

    /// <summary>Starts a stage with whoever is there, or waits for the first trainers.</summary>
    public void Run(TrainingStage stage, DateTime now)
    {
        Stage = stage;
        Phase = GroupPhase.Waiting;
        Ranks = [];
        _deadline = now + gather;
    }

    /// <summary>The stage is over.</summary>
    public void End()
    {
        Stage = null;
        Phase = GroupPhase.Idle;
        Ranks = [];
    }

    /// <summary>A trainer is there. True when it is new, so that a next generation must take it in.</summary>
    public bool Join(string nodeId, long generation)
    {
        Generation = Math.Max(Generation, generation);
        var isNew = !_members.ContainsKey(nodeId);
        _members[nodeId] = generation;
        return isNew;
    }

    /// <summary>A trainer is gone. True when the running or prepared generation loses a member by it.</summary>
    public bool Leave(string nodeId)
    {
        _prepared.Remove(nodeId);
        return _members.Remove(nodeId)
            && (Phase == GroupPhase.Preparing || (Phase == GroupPhase.Running && Ranks.Any(r => r.NodeId == nodeId)));
    }

    /// <summary>Whether a waiting stage can start: all expected trainers are there, or one is and the wait is over.</summary>
    public bool CanForm(DateTime now) =>
        Phase == GroupPhase.Waiting && (_members.Count >= expected || (_members.Count > 0 && now >= _deadline));

    /// <summary>Begins the next generation.</summary>
    /// <exception cref="InvalidOperationException">No stage is run.</exception>
    public PrepareGeneration Form(DateTime now)
    {
        var stage = Stage ?? throw new InvalidOperationException("no training stage is run");
        Phase = GroupPhase.Preparing;
        Generation++;
        Ranks = [];
        _prepared.Clear();
        _deadline = now + prepare;
        return new PrepareGeneration(Generation, stage);
    }

    /// <summary>A member is prepared. False when it answers for another generation or is not known.</summary>
    public bool Prepared(GenerationPrepared answer)
    {
        if (Phase != GroupPhase.Preparing || answer.Generation != Generation || !_members.ContainsKey(answer.NodeId))
        {
            return false;
        }

        _prepared[answer.NodeId] = answer;
        return true;
    }

    /// <summary>
    /// Starts the prepared generation when all members answered, or when time is over and at least one did. Ranks follow the order of
    /// names, so that the same members get the same ranks. Null while it must wait.
    /// </summary>
    public IReadOnlyList<(string NodeId, StartGeneration Start)>? TryStart(DateTime now)
    {
        if (Phase != GroupPhase.Preparing || _prepared.Count == 0 || (_prepared.Count < _members.Count && now < _deadline))
        {
            return null;
        }

        var ranks = _prepared.Values.OrderBy(p => p.NodeId, StringComparer.Ordinal)
            .Select(p => new RankEndpoint(p.NodeId, p.Host, p.Port)).ToArray();
        Ranks = ranks;
        Phase = GroupPhase.Running;
        return [.. ranks.Select((r, rank) => (r.NodeId, new StartGeneration(Generation, rank, ranks, _group)))];
    }

    /// <summary>Nobody is left to go on: wait again for trainers.</summary>
    public void WaitAgain(DateTime now)
    {
        Phase = GroupPhase.Waiting;
        Ranks = [];
        _deadline = now + gather;
    }
}
