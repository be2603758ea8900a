using Ism.Protocol.Training;
using Ism.Protocol.Wire;

namespace Ism.Coordinator.Tests.Training.Model;

/// <summary>A ring of the model: the ranks of one started generation.</summary>
internal sealed record ModelRing(long Generation, string Group, string[] Members)
{
    /// <summary>All members have joined it and hold one state; only then does it step.</summary>
    public bool Connected { get; set; }
}

/// <summary>A trainer of the model: it keeps the group's protocol as the trainer's actor does, with steps that take no time.</summary>
internal sealed class ModelTrainer(string name)
{
    private long _term;
    private PrepareGeneration? _prepare;
    private bool _listens;

    public string Name => name;

    /// <summary>Counts its processes.</summary>
    public int Process { get; private set; } = 1;

    public bool Alive { get; private set; } = true;

    public bool Frozen { get; set; }

    /// <summary>The coordinator has noticed that this process died.</summary>
    public bool Noticed { get; set; }

    public bool Leaving { get; private set; }

    /// <summary>Rings and generations this process was in, in their order.</summary>
    public List<long> Generations { get; } = [];

    public ModelRing? Ring { get; private set; }

    public bool WantsBoundary { get; private set; }

    public long Step { get; set; } = -1;

    public Queue<IWireMessage> In { get; } = [];

    public Queue<(int Process, IWireMessage Message)> Out { get; } = [];

    public bool Acts => Alive && !Frozen;

    public string Card => $"{name}#{Alive}{Frozen}{Noticed}{Leaving} {WantsBoundary} {_listens} {Step} {_term}";

    public string Describe(long generation) =>
        $"{Card} {_prepare?.Generation - generation}:{_prepare?.Term}:{_prepare?.AtBoundary}:{_prepare?.LivingState}"
        + $" {Ring?.Generation - generation}:{Ring?.Group}:{Ring?.Connected}"
        + $" in {string.Join(';', In.Select(m => Text(m, generation)))}"
        + $" out {string.Join(';', Out.Select(m => $"{m.Process == Process}{Text(m.Message, generation)}"))}";

    public void Die()
    {
        (Alive, Noticed, Frozen, Ring) = (false, false, false, null);
        In.Clear();
    }

    public void Restart()
    {
        (Alive, Process, Noticed, Leaving, Step, _term) = (true, Process + 1, false, false, -1, 0);
        (_prepare, _listens, WantsBoundary) = (null, false, false);
        Generations.Clear();
    }

    public void Register()
    {
        if (!Leaving)
        {
            Send(new RegisterTrainer(name, "host", _prepare?.Generation ?? 0, GroupScript.Stage.StageId)
            {
                Running = Ring?.Generation ?? -1,
                Members = Ring?.Members ?? [],
                Group = Ring?.Group ?? "",
                Step = Step,
                Term = _prepare?.Term ?? 0,
            });
        }
        else
        {
            Send(new LeaveGroup(name));
        }
    }

    public void AskToLeave()
    {
        Leaving = true;
        Send(new LeaveGroup(name));
    }

    /// <summary>Handles the next message of the group.</summary>
    public void Receive()
    {
        switch (In.Dequeue())
        {
            case PrepareGeneration m when Obeys(m.Term) && !Leaving:
                OnPrepare(m);
                break;
            case StartGeneration m when Obeys(m.Term) && m.Generation == _prepare?.Generation && _listens && Ring is null && !Leaving:
                Assert.True(Generations.Count == 0 || m.Generation > Generations[^1], $"{name} went back to generation {m.Generation}");
                Generations.Add(m.Generation);
                Ring = new ModelRing(m.Generation, m.Group, [.. m.Members.Select(e => e.NodeId)]);
                (_listens, WantsBoundary) = (false, false);
                break;
            case StopGeneration m when Obeys(m.Term) && m.Generation == Ring?.Generation:
                if (m.AtBoundary)
                {
                    WantsBoundary = true;
                }
                else
                {
                    EndRing(GenerationOutcome.Interrupted);
                }

                break;
            case GroupLeft m when Obeys(m.Term) && Leaving:
                if (Ring is null)
                {
                    Die();
                }
                else
                {
                    WantsBoundary = true;
                }

                break;
        }
    }

    /// <summary>This rank is out of its ring.</summary>
    public void EndRing(GenerationOutcome outcome, string lost = "")
    {
        var ring = Ring!;
        (Ring, WantsBoundary) = (null, false);
        Send(new GenerationEnded(ring.Generation, name, Step, outcome, "model") { Lost = lost });
        if (_prepare!.Generation > ring.Generation)
        {
            Answer();
        }
    }

    private static string Text(IWireMessage m, long generation) => m switch
    {
        PrepareGeneration p => $"P{p.Generation - generation}{p.AtBoundary}{p.LivingState}{p.Term}",
        StartGeneration s => $"S{s.Generation - generation}{s.Rank}{s.Term}",
        StopGeneration s => $"X{s.Generation - generation}{s.AtBoundary}{s.Term}",
        GenerationEnded e => $"E{e.Generation - generation}{e.Outcome}{e.Lost}",
        GenerationPrepared p => $"A{p.Generation - generation}{p.Step}{p.Term}",
        RegisterTrainer r => $"R{r.Generation - generation}:{r.Running - generation}:{r.Step}:{r.Term}",
        _ => m.GetType().Name,
    };

    private bool Obeys(long term)
    {
        if (term < _term)
        {
            return false;
        }

        _term = term;
        return true;
    }

    private void OnPrepare(PrepareGeneration m)
    {
        var heard = _prepare?.Generation ?? 0;
        if (m.Generation == heard && m.Term == _prepare?.Term)
        {
            if (Ring is { } old && old.Generation < m.Generation && !m.AtBoundary)
            {
                EndRing(GenerationOutcome.Interrupted);
            }
            else if (_listens)
            {
                Answer();
            }
        }
        else if (m.Generation > heard)
        {
            (_prepare, _listens) = (m, false);
            if (Ring is null)
            {
                Answer();
            }
            else if (m.AtBoundary)
            {
                WantsBoundary = true;
            }
            else
            {
                EndRing(GenerationOutcome.Interrupted);
            }
        }
        else
        {
            Register();
        }
    }

    // The checkpoint on disk is that of step 0.
    private void Answer()
    {
        Step = Step < 0 && !_prepare!.LivingState ? 0 : Step;
        _listens = true;
        Send(new GenerationPrepared(_prepare!.Generation, name, "host", 1, Step) { Term = _prepare.Term });
    }

    private void Send(IWireMessage message) => Out.Enqueue((Process, message));
}
