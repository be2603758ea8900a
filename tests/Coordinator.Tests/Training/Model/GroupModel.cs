using Ism.Coordinator.Training;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Training.Model;

/// <summary>
/// The group's state with a few trainers, the links between them, and a clock: everything that happens is one event, so that all
/// interleavings can be gone through. Each event checks what must always hold.
/// </summary>
internal sealed class GroupModel
{
    private readonly ModelTrainer[] _trainers;
    private readonly Func<long, GroupState> _create;
    private readonly Dictionary<(long Generation, string Group), string> _started = [];
    private readonly HashSet<(string NodeId, int Process, long Generation)> _answered = [];
    private readonly HashSet<(string NodeId, int Process, long Generation, long Term)> _sentStarts = [];
    private readonly Dictionary<(string NodeId, long Generation), long> _answeredSteps = [];
    private readonly Dictionary<string, int> _processes = [];
    private GroupState _state;
    private DateTime _now = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private long _term = 1;
    private long _lastStarted;
    private int _ended;
    private bool _paused;

    /// <summary>Trainers a, b, … that live and have not registered; the stage is wanted.</summary>
    public GroupModel(int trainers, Func<long, GroupState>? create = null)
    {
        _trainers = [.. Enumerable.Range(0, trainers).Select(i => new ModelTrainer($"{(char)('a' + i)}"))];
        _create = create ?? (term => new GroupState(trainers, term: term, group: $"G{term}"));
        _state = _create(_term);
        Do(_state.Run(GroupScript.Stage, _now));
    }

    public GroupState State => _state;

    public bool HasEnded => _ended > 0;

    public IReadOnlyList<ModelTrainer> Trainers => _trainers;

    /// <summary>Equal texts behave alike.</summary>
    public string Describe() =>
        $"{_state.Describe(_now)}\n{_term} {_ended} {_paused}\n{string.Join('\n', _trainers.Select(t => t.Describe(_state.Generation)))}";

    /// <summary>What can happen now, of the kinds allowed.</summary>
    public IEnumerable<ModelEvent> Possible(Func<ModelEventKind, bool> allowed) =>
        Enum.GetValues<ModelEventKind>().Where(allowed).SelectMany(kind => IsCommon(kind)
            ? Enumerable.Repeat(new ModelEvent(kind, -1), CanHappen(kind, null) ? 1 : 0)
            : Enumerable.Range(0, _trainers.Length).Where(i => CanHappen(kind, _trainers[i])).Select(i => new ModelEvent(kind, i)));

    public void Apply(ModelEvent e)
    {
        var t = e.Trainer < 0 ? null! : _trainers[e.Trainer];
        switch (e.Kind)
        {
            case ModelEventKind.TrainerHears:
                t.Receive();
                break;
            case ModelEventKind.GroupHears:
                GroupHears(t);
                break;
            case ModelEventKind.LoseDown:
                t.In.Dequeue();
                break;
            case ModelEventKind.LoseUp:
                t.Out.Dequeue();
                break;
            case ModelEventKind.Register:
                t.Register();
                break;
            case ModelEventKind.Connect:
                var steps = MembersOf(t.Ring!).Select(m => m.Step).Max();
                Assert.True(steps >= 0, $"generation {t.Ring!.Generation} was started and nobody in it holds a state");
                foreach (var m in MembersOf(t.Ring!).ToList())
                {
                    (m.Ring!.Connected, m.Step) = (true, steps);
                }

                break;
            case ModelEventKind.Boundary:
                MembersOf(t.Ring!).ToList().ForEach(m => m.EndRing(GenerationOutcome.Interrupted));
                break;
            case ModelEventKind.Complete:
                MembersOf(t.Ring!).ToList().ForEach(m => m.EndRing(GenerationOutcome.Completed));
                break;
            case ModelEventKind.Break:
                t.EndRing(GenerationOutcome.Interrupted, t.Ring!.Members.First(n => !IsIn(Trainer(n), t.Ring) || Trainer(n).Frozen));
                break;
            case ModelEventKind.Kill:
                t.Die();
                break;
            case ModelEventKind.NoticeDeath:
                t.Noticed = true;
                if (_processes.Remove(t.Name))
                {
                    Do(_state.Gone(t.Name, _now));
                }

                break;
            case ModelEventKind.Restart:
                t.Restart();
                break;
            case ModelEventKind.Freeze or ModelEventKind.Thaw:
                t.Frozen = e.Kind == ModelEventKind.Freeze;
                Do(t.Frozen ? _state.Unreachable(t.Name, _now) : _state.Reachable(t.Name, _now));
                break;
            case ModelEventKind.Leave:
                t.AskToLeave();
                break;
            case ModelEventKind.Pause or ModelEventKind.Resume:
                _paused = e.Kind == ModelEventKind.Pause;
                Do(_paused ? _state.Pause(_now) : _state.Resume(_now));
                break;
            case ModelEventKind.Moment or ModelEventKind.Long:
                _now += TimeSpan.FromSeconds(e.Kind == ModelEventKind.Moment ? 0.25 : 6);
                Do(_state.Tick(_now));
                break;
            case ModelEventKind.Replace:
                Replace();
                break;
        }
    }

    /// <summary>From here on nothing fails: within bounded time all living trainers must run in one generation.</summary>
    public void MustGetToRunning()
    {
        Recover();
        for (var round = 0; round < 600; round++)
        {
            if (_ended > 0)
            {
                return;
            }

            if (_state.Phase == GroupPhase.Running && _trainers.All(t => !t.Alive || t.Leaving || t.Ring is { Connected: true })
                && _state.Ranks.All(n => Trainer(n).Ring?.Generation == Trainer(_state.Ranks[0]).Ring?.Generation))
            {
                return;
            }

            foreach (var t in _trainers.Where(t => t.Alive && round % 4 == 0))
            {
                t.Register();
            }

            Flow();
            Apply(new ModelEvent(ModelEventKind.Moment, -1));
            Apply(new ModelEvent(ModelEventKind.Moment, -1));
        }

        Assert.Fail($"the living trainers do not come to run within 300 s:\n{Describe()}");
    }

    private static bool IsCommon(ModelEventKind kind) => kind is ModelEventKind.Pause or ModelEventKind.Resume
        or ModelEventKind.Moment or ModelEventKind.Long or ModelEventKind.Replace;

    private static bool IsIn(ModelTrainer t, ModelRing ring) =>
        t.Alive && t.Ring is { } own && own.Generation == ring.Generation && own.Group == ring.Group;

    private bool CanHappen(ModelEventKind kind, ModelTrainer? t) => kind switch
    {
        ModelEventKind.TrainerHears => t!.Acts && t.In.Count > 0,
        ModelEventKind.GroupHears => t!.Out.Count > 0,
        ModelEventKind.LoseDown => t!.In.Count > 0,
        ModelEventKind.LoseUp => t!.Out.Count > 0,
        ModelEventKind.Register => t!.Acts && !t.Out.Any(m => m.Message is RegisterTrainer),
        ModelEventKind.Connect => t!.Ring is { Connected: false } ring && IsFirst(t) && Whole(ring),
        ModelEventKind.Boundary => t!.Ring is { Connected: true } ring && IsFirst(t) && Whole(ring) && MembersOf(ring).Any(m => m.WantsBoundary),
        ModelEventKind.Complete => t!.Ring is { Connected: true } ring && IsFirst(t) && Whole(ring),
        ModelEventKind.Break => t!.Acts && t.Ring is { } ring && !Whole(ring),
        ModelEventKind.Kill => t!.Alive,
        ModelEventKind.NoticeDeath => !t!.Alive && !t.Noticed,
        ModelEventKind.Restart => !t!.Alive,
        ModelEventKind.Freeze => t!.Acts,
        ModelEventKind.Thaw => t!.Frozen,
        ModelEventKind.Leave => t!.Acts && !t.Leaving,
        ModelEventKind.Pause => !_paused,
        ModelEventKind.Resume => _paused,
        ModelEventKind.Replace => _ended == 0,
        _ => true,
    };

    private bool IsFirst(ModelTrainer t) => t.Ring!.Members[0] == t.Name;

    // Every member is in the ring and acts; only then does it go on.
    private bool Whole(ModelRing ring) => ring.Members.All(n => IsIn(Trainer(n), ring) && Trainer(n).Acts);

    private IEnumerable<ModelTrainer> MembersOf(ModelRing ring) => ring.Members.Select(Trainer);

    private ModelTrainer Trainer(string name) => _trainers[name[0] - 'a'];

    private void GroupHears(ModelTrainer t)
    {
        var (process, message) = t.Out.Dequeue();
        var known = _processes.TryGetValue(t.Name, out var last);
        if (message is RegisterTrainer card)
        {
            // The actor answers to whoever registers last; a process that is known to be dead registers no more.
            if (process == t.Process && !t.Noticed)
            {
                _processes[t.Name] = process;
                Do(_state.Register(card, known && last != process, _now));
            }

            return;
        }

        if (!known || last != process)
        {
            if (message is LeaveGroup && process == t.Process)
            {
                t.In.Enqueue(new GroupLeft(t.Name) { Term = _term });
            }

            return;
        }

        switch (message)
        {
            case GenerationPrepared m:
                if (m.Term == _term)
                {
                    _answered.Add((t.Name, process, m.Generation));
                    _answeredSteps[(t.Name, m.Generation)] = m.Step;
                }

                Do(_state.Prepared(m, _now));
                break;
            case GenerationEnded m:
                Do(_state.Ended(m, _now));
                break;
            case LeaveGroup m:
                Do(_state.Leave(m.NodeId, _now));
                break;
        }
    }

    private void Replace()
    {
        _term++;
        _state = _create(_term);
        _lastStarted = 0;
        _paused = false;
        _processes.Clear();
        _answered.Clear();
        _answeredSteps.Clear();
        Array.ForEach(_trainers, t => t.Out.Clear());
        Do(_state.Run(GroupScript.Stage, _now));
    }

    private void Recover()
    {
        if (_paused)
        {
            Apply(new ModelEvent(ModelEventKind.Resume, -1));
        }

        for (var i = 0; i < _trainers.Length; i++)
        {
            if (_trainers[i].Frozen)
            {
                Apply(new ModelEvent(ModelEventKind.Thaw, i));
            }
        }

        if (_trainers.All(t => !t.Alive || t.Leaving))
        {
            _trainers[0].Die();
            _trainers[0].Restart();
        }
    }

    // All messages arrive, and the rings do what they can.
    private void Flow()
    {
        ModelEventKind[] order =
        [
            ModelEventKind.NoticeDeath, ModelEventKind.GroupHears, ModelEventKind.TrainerHears, ModelEventKind.Connect,
            ModelEventKind.Break, ModelEventKind.Boundary,
        ];
        for (var i = 0; i < 1000; i++)
        {
            if (Possible(order.Contains).OrderBy(e => Array.IndexOf(order, e.Kind)).Cast<ModelEvent?>().FirstOrDefault() is not { } next)
            {
                return;
            }

            Apply(next);
        }

        Assert.Fail($"messages go to and fro without end:\n{Describe()}");
    }

    private void Do(IReadOnlyList<GroupEffect> effects)
    {
        foreach (var start in effects.OfType<ToTrainer>().Select(e => e.Message).OfType<StartGeneration>().Take(1))
        {
            Assert.True(start.Generation > _lastStarted, $"generation {start.Generation} was started after {_lastStarted}");
            _lastStarted = start.Generation;
            Assert.True(
                start.Members.Any(m => _answeredSteps.GetValueOrDefault((m.NodeId, start.Generation), -1) >= 0),
                $"generation {start.Generation} was started and nobody in it holds a state");
        }

        foreach (var (nodeId, message) in effects.OfType<ToTrainer>().Select(e => (e.NodeId, e.Message)))
        {
            if (message is StartGeneration start)
            {
                CheckStart(nodeId, start);
            }

            // What is sent to a process that is gone does not reach the next one of its name.
            if (Trainer(nodeId).Alive && _processes.GetValueOrDefault(nodeId) == Trainer(nodeId).Process)
            {
                Trainer(nodeId).In.Enqueue(message);
            }
        }

        _ended += effects.OfType<ToParent>().Count(e => e.Message is StageEnded);
        Assert.True(_ended <= 1, "the stage ended twice");
    }

    private void CheckStart(string nodeId, StartGeneration start)
    {
        var names = start.Members.Select(m => m.NodeId).ToArray();
        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names);
        Assert.Equal(nodeId, names[start.Rank]);
        Assert.Equal(_term, start.Term);
        var process = _processes.GetValueOrDefault(nodeId);
        Assert.True(_sentStarts.Add((nodeId, process, start.Generation, _term)), $"{nodeId} got generation {start.Generation} twice");
        Assert.All(names, n => Assert.True(
            _answered.Contains((n, _processes.GetValueOrDefault(n), start.Generation)),
            $"{n} is in generation {start.Generation}, whose prepare it has not answered"));
        var members = string.Join(',', names);
        Assert.True(
            _started.TryAdd((start.Generation, start.Group), members) || _started[(start.Generation, start.Group)] == members,
            $"generation {start.Generation} of {start.Group} was started twice, with different members");
    }
}
