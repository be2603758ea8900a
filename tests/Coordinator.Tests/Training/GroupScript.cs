using Ism.Coordinator.Training;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Training;

/// <summary>A group state with a clock of its own; what it wants done is kept by receiver.</summary>
internal sealed class GroupScript(int expected, long term = 0)
{
    public static readonly TrainingStage Stage = StageOf("s");
    private readonly List<GroupEffect> _effects = [];

    public GroupState State { get; } = new(expected, term: term, group: $"group-{term}");

    public DateTime Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public IReadOnlyList<string> Ranks => State.Ranks;

    public static TrainingStage StageOf(string id) => new()
    {
        StageId = id,
        Objective = ObjectiveKind.StructureTuning,
        Samples = SampleKind.Tokens,
        Catalogue = "c",
        GlobalBatch = 1,
        TotalSteps = 1,
        WarmupSteps = 0,
        LearningRate = 1,
        Seed = 1,
        Checkpoints = "c",
        Output = "o",
    };

    /// <summary>Trainers a, b, … that run a generation.</summary>
    public static GroupScript Running(params string[] nodes)
    {
        var group = new GroupScript(nodes.Length);
        group.Run();
        group.Register(nodes);
        group.Answer(nodes);
        Assert.Equal(nodes, group.Ranks);
        return group;
    }

    public void Run() => Did(State.Run(Stage, Now));

    public void Register(params string[] nodes) => Array.ForEach(nodes, n => Register(new RegisterTrainer(n, "host", 0, "")));

    public void Register(params RegisterTrainer[] cards) => Array.ForEach(cards, c => Register(c, false));

    public void Register(RegisterTrainer card, bool newProcess) => Did(State.Register(card, newProcess, Now));

    public void Answer(params string[] nodes) => Array.ForEach(nodes, n => AnswerAt(n, 0));

    public void AnswerAt(string node, long step) =>
        Did(State.Prepared(new GenerationPrepared(State.Generation, node, "host", 1, step) { Term = term }, Now));

    public void Did(IReadOnlyList<GroupEffect> effects) => _effects.AddRange(effects);

    /// <summary>Time passes in ticks of a quarter of a second.</summary>
    public void Pass(double seconds)
    {
        for (var end = Now.AddSeconds(seconds); Now < end;)
        {
            Now = Now.AddSeconds(0.25);
            Did(State.Tick(Now));
        }
    }

    public void End(string node, GenerationOutcome outcome, string reason = "", string lost = "", long? generation = null) => Did(State.Ended(
        new GenerationEnded(generation ?? State.Generation, node, 7, outcome, reason) { Lost = lost }, Now));

    /// <summary>Messages of a type for a trainer since the last call of <see cref="Forget"/>.</summary>
    public T[] To<T>(string node) =>
        [.. _effects.OfType<ToTrainer>().Where(e => e.NodeId == node).Select(e => e.Message).OfType<T>()];

    public T[] ToParent<T>() => [.. _effects.OfType<ToParent>().Select(e => e.Message).OfType<T>()];

    public void Forget() => _effects.Clear();
}
