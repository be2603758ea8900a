using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership.Model;

/// <summary>Where a node of the model stands.</summary>
internal enum NodeState
{
    /// <summary>No process.</summary>
    Dead,

    /// <summary>Looks for a cluster.</summary>
    Outside,

    /// <summary>Member of a cluster, in its own eyes.</summary>
    Inside,
}

/// <summary>
/// A node of the model: the real looks, view and decision over a plain likeness of what Akka.Cluster gossips: who is a member, who was
/// removed, and who does not hear whom.
/// </summary>
internal sealed class ModelNode(int number, string name, bool coordinator, ClusterModel model)
{
    // What Akka's failure detector takes with a heartbeat each second and a pause of 10 s.
    private static readonly TimeSpan Unheard = TimeSpan.FromSeconds(11.5);
    private readonly Dictionary<string, TimeSpan> _heard = [];
    private readonly Dictionary<string, (long Version, HashSet<string> Subjects)> _unheard = [];
    private readonly List<MemberName> _members = [];
    private readonly HashSet<string> _removed = [];
    private readonly MembershipDecision _decision = new(model.Times);
    private MemoryRecords _records = null!;
    private WorkspaceLook _look = null!;
    private MembershipView _view = null!;
    private BeatWatch _joinWatch = null!;
    private HashSet<MemberRecord> _last = [];
    private TimeSpan _outsideSince;
    private TimeSpan _startsAt;
    private TimeSpan _nextLook;
    private string? _former;

    public int Number => number;

    public string Name => name;

    public bool IsCoordinator => coordinator;

    public NodeState State { get; private set; }

    public bool IsFrozen { get; set; }

    public bool StorageIsCut { get; set; }

    /// <summary>Freezes for some seconds before so many further accesses to the storage; null for never.</summary>
    public (int Accesses, double Seconds)? FreezeIn { get; set; }

    /// <summary>How often it was started or left.</summary>
    public int Incarnation { get; private set; }

    public string Address => $"{name}#{Incarnation}";

    public bool IsAwake => State != NodeState.Dead && !IsFrozen;

    public bool HoldsLease => IsAwake && State == NodeState.Inside && _view.HoldsLease(model.Clock.Now);

    public IReadOnlyList<MemberName> Members => _members;

    public int Removed => _removed.Count;

    public IReadOnlySet<string> Unreachable => _unheard.Where(o => IsMember(o.Key)).SelectMany(o => o.Value.Subjects)
        .Where(a => IsMember(a) && a != Address).ToHashSet();

    public void Start(double delay)
    {
        Incarnation++;
        (State, IsFrozen, FreezeIn) = (NodeState.Outside, false, null);
        _startsAt = model.Clock.Now + TimeSpan.FromSeconds(delay);
        _records = new MemoryRecords(model.Store, Access);
        _members.Clear();
        _removed.Clear();
        _heard.Clear();
        _unheard.Clear();
        _look = null!;
    }

    public void Kill() => (State, IsFrozen) = (NodeState.Dead, false);

    /// <summary>Hears from others, and gossips with those that it hears.</summary>
    public void Communicate()
    {
        if (!IsAwake || State != NodeState.Inside)
        {
            return;
        }

        var now = model.Clock.Now;
        var lost = Others().Where(a => now - _heard.GetValueOrDefault(a, now) > Unheard).ToHashSet();
        foreach (var address in Others())
        {
            if (model.Find(address) is { } other && model.Talk(this, other) && other.State == NodeState.Inside && !other._removed.Contains(Address))
            {
                _heard[address] = now;
                if (other.IsMember(Address))
                {
                    other.Merge(this);
                    Merge(other);
                }
            }
            else
            {
                _heard.TryAdd(address, now);
            }
        }

        var (version, before) = _unheard.GetValueOrDefault(Address, (0, []));
        if (!before.SetEquals(lost))
        {
            _unheard[Address] = (version + 1, lost);
        }
    }

    /// <summary>What is due.</summary>
    public void Act()
    {
        if (!IsAwake || model.Clock.Now < _startsAt)
        {
            return;
        }

        if (_look is null)
        {
            Begin();
        }

        var incarnation = Incarnation;
        if (model.Clock.Now >= _nextLook)
        {
            _nextLook = model.Clock.Now + model.Times.Renewal;
            var report = _look!.Look(State == NodeState.Inside, yields: false);
            if (incarnation != Incarnation || State == NodeState.Dead)
            {
                return;
            }

            _view.Report(report);
        }

        try
        {
            if (State == NodeState.Outside)
            {
                Join();
            }
            else
            {
                Decide();
            }
        }
        catch (IOException)
        {
            // Without the workspace no cluster can be found; next time.
        }
    }

    private void Begin()
    {
        var now = model.Clock.Now;
        try
        {
            var record = model.Store.Members.GetValueOrDefault(name);
            _former = record is not null && record.Address != Address ? record.Address : null;
        }
        catch (IOException)
        {
            _former = null;
        }

        var role = coordinator ? NodeRoles.Coordinator : NodeRoles.Trainer;
        _look = new WorkspaceLook(_records, new MemberRecord(name, role, Address, 0), coordinator, model.Times, model.Clock);
        _view = new MembershipView(Address, model.Times);
        _joinWatch = new BeatWatch(model.Times.TimeToLive);
        (_outsideSince, _nextLook) = (now, now);
    }

    private void Join()
    {
        var files = _records.Members();
        _joinWatch.Begin(model.Clock.Now);
        foreach (var file in files)
        {
            _joinWatch.Saw(file.Address, "", file.Beat, model.Clock.Now);
        }

        _last = [.. files];
        var asked = files.Where(f => f.Node != name).ToList();
        var open = asked.Select(f => model.Find(f.Address)).OfType<ModelNode>()
            .Where(n => n.State == NodeState.Inside && model.Talk(this, n)).ToList();
        if (open.Count > 0)
        {
            Enter(open[model.Draw(open.Count)]);
        }
        else if (coordinator && !asked.Exists(f => _joinWatch.IsLive(f.Address) && _joinWatch.GrownAt(f.Address) is not null)
            && (asked.Count == 0 || model.Clock.Now - _outsideSince > model.Times.Renewal * 3)
            && !_records.Members().Any(f => f.Node != name && !_last.Contains(f)) && State == NodeState.Outside)
        {
            _members.Add(new MemberName(Address, coordinator));
            State = NodeState.Inside;
            _records.Write(new MemberRecord(name, NodeRoles.Coordinator, Address, 0));
        }
    }

    private void Enter(ModelNode door)
    {
        State = NodeState.Inside;
        door._members.Add(new MemberName(Address, coordinator));
        Merge(door);
    }

    private void Decide()
    {
        if (_former is not null && IsMember(_former))
        {
            Remove(_former);
        }

        var now = model.Clock.Now;
        var others = _members.Where(m => m.Address != Address).ToList();
        var sight = _view.Look(others, Unreachable, now);
        foreach (var address in _view.Asks(others, now).ToList())
        {
            if (model.Find(address) is { } other && model.Talk(this, other) && !other._removed.Contains(Address) && !_removed.Contains(address))
            {
                _view.Answered(
                    address, other.State == NodeState.Inside && other.IsMember(Address) && IsMember(address), [.. other.Unheards()], now);
            }
        }

        var verdict = sight is null ? MembershipVerdict.Nothing : _decision.Decide(sight);
        if (verdict.Act != MembershipAct.None)
        {
            model.Say($"{Address}: {verdict.Act} {string.Join(' ', verdict.Members)}: {verdict.Why}");
        }

        switch (verdict.Act)
        {
            case MembershipAct.Down:
                foreach (var address in verdict.Members)
                {
                    Remove(address);
                }

                break;
            case MembershipAct.Leave or MembershipAct.Yield:
                _look.Leave();
                if (State == NodeState.Inside)
                {
                    Start(delay: 2);
                }

                break;
            default:
                break;
        }
    }

    private HashSet<string> Unheards() => _unheard.GetValueOrDefault(Address, (0, [])).Subjects;

    private IEnumerable<string> Others() => _members.Select(m => m.Address).Where(a => a != Address).ToList();

    private bool IsMember(string address) => _members.Exists(m => m.Address == address);

    private void Merge(ModelNode other)
    {
        _removed.UnionWith(other._removed.Where(a => a != Address));
        _members.AddRange(other._members.Where(m => !IsMember(m.Address)).ToList());
        _members.RemoveAll(m => _removed.Contains(m.Address));
        foreach (var (observer, record) in other._unheard)
        {
            if (record.Version > _unheard.GetValueOrDefault(observer).Version)
            {
                _unheard[observer] = record;
            }
        }
    }

    private void Remove(string address)
    {
        _removed.Add(address);
        _members.RemoveAll(m => m.Address == address);
    }

    private void Access(string what)
    {
        if (FreezeIn is { } freeze && !IsFrozen)
        {
            FreezeIn = freeze.Accesses > 0 ? (freeze.Accesses - 1, freeze.Seconds) : null;
            if (FreezeIn is null)
            {
                model.Say($"{Address} stands still at '{what}' for {freeze.Seconds} s");
                model.RunWhileFrozen(this, freeze.Seconds);
            }
        }

        if (StorageIsCut)
        {
            throw new IOException("the storage does not answer");
        }
    }
}
