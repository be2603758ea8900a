using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Ism.Coordinator.Training;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Training;

/// <summary>The training group with probes for its trainers.</summary>
public sealed class TrainingGroupActorTests : TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly TestProbe _parent;
    private readonly TestProbe _a;
    private readonly TestProbe _b;
    private readonly IActorRef _group;

    public TrainingGroupActorTests()
        : base(ConfigurationFactory.ParseString("akka.loglevel = ERROR, akka.stdout-loglevel = OFF"))
    {
        (_parent, _a, _b) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _group = _parent.ChildActorOf(TrainingGroupActor.Props(2));
        Register(_b, "trainer-b");
        Register(_a, "trainer-a");
    }

    [Fact]
    public void Should_form_a_generation_of_those_who_are_there_and_forward_what_rank_0_reports()
    {
        var starts = Form(1);

        Assert.Equal([0, 1], starts.Select(s => s.Rank));
        Assert.All(starts, s => Assert.Equal(["trainer-a:1001", "trainer-b:1002"], s.Members.Select(m => $"{m.NodeId}:{m.Port}")));
        Assert.Equal(starts[0].Group, starts[1].Group);
        _group.Tell(Report(generation: 0), _a);
        _group.Tell(Report(generation: 1), _a);
        Assert.Equal(1, _parent.ExpectMsg<StepReport>(Soon).Generation);
        End(_b, "trainer-b", 1, GenerationOutcome.Completed);
        _parent.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        End(_a, "trainer-a", 1, GenerationOutcome.Completed);
        Assert.Equal(new StageEnded("tuning", 12, null), _parent.ExpectMsg<StageEnded>(Soon));
    }

    [Fact]
    public void Should_form_again_when_a_generation_is_interrupted()
    {
        Form(1);
        End(_b, "trainer-b", 1, GenerationOutcome.Interrupted, "a peer is gone");

        var starts = Prepare(2, "a peer is gone", (_a, "trainer-a"), (_b, "trainer-b"));
        Assert.Equal(2, starts[0].Members.Length);
        End(_a, "trainer-a", 1, GenerationOutcome.Interrupted, "the one before");
        _a.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void Should_go_on_without_a_trainer_that_died()
    {
        Form(1);
        Sys.Stop(_a);

        var starts = Prepare(2, "trainer-a is gone", (_b, "trainer-b"));
        Assert.Equal([("trainer-b", 0)], starts.Select(s => (s.Members.Single().NodeId, s.Rank)));
    }

    [Fact]
    public void Should_leave_out_a_trainer_that_does_not_answer_in_time()
    {
        Form(1);
        End(_a, "trainer-a", 1, GenerationOutcome.Interrupted, "a peer is gone");
        _parent.ExpectMsg<GenerationChanged>(Soon);

        Answer(_a.ExpectMsg<PrepareGeneration>(Soon), _a, "trainer-a");
        Assert.Equal(["trainer-a"], _a.FishForMessage<StartGeneration>(_ => true, Soon).Members.Select(m => m.NodeId));
    }

    [Fact]
    public void Should_take_in_a_trainer_that_comes_late()
    {
        Form(1);
        var late = CreateTestProbe();
        Register(late, "trainer-0");

        var starts = Prepare(2, "trainer-0 joined", (late, "trainer-0"), (_a, "trainer-a"), (_b, "trainer-b"));
        Assert.Equal(["trainer-0", "trainer-a", "trainer-b"], starts[0].Members.Select(m => m.NodeId));
        _group.Tell(new RegisterTrainer("trainer-0", "127.0.0.1", 2, "tuning"), late);
        late.ExpectMsg<TrainerRegistered>(Soon);
        late.ExpectNoMsg(TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public void Should_take_a_new_process_of_the_same_name_for_the_old_one()
    {
        Form(1);
        var restarted = CreateTestProbe();
        Register(restarted, "trainer-a");

        var starts = Prepare(2, "trainer-a was started again", (restarted, "trainer-a"), (_b, "trainer-b"));
        Assert.Equal(2, starts[0].Members.Length);
    }

    [Fact]
    public void Should_end_the_stage_and_stop_the_others_when_a_trainer_cannot_go_on()
    {
        Form(1);
        _group.Tell(new GenerationEnded(1, "trainer-b", 12, GenerationOutcome.Failed, "the disk is full") { Final = true }, _b);

        Assert.Equal(new StageEnded("tuning", 12, "trainer-b: the disk is full"), _parent.ExpectMsg<StageEnded>(Soon));
        Assert.Contains("the disk is full", _a.ExpectMsg<StopGeneration>(Soon).Reason);
    }

    [Fact]
    public void Should_let_a_trainer_leave_and_ignore_what_its_earlier_process_says()
    {
        Form(1);
        _group.Tell(new LeaveGroup("trainer-b"), _b);
        Assert.True(_b.FishForMessage<StopGeneration>(_ => true, Soon).AtBoundary);
        Assert.True(_a.FishForMessage<PrepareGeneration>(m => m.Generation == 2, Soon).AtBoundary);
        End(_a, "trainer-b", 1, GenerationOutcome.Interrupted, "said by another");
        _b.ExpectNoMsg(TimeSpan.FromMilliseconds(200));
        End(_b, "trainer-b", 1, GenerationOutcome.Interrupted, "left after step 12");
        Assert.Equal("trainer-b", _b.FishForMessage<GroupLeft>(_ => true, Soon).NodeId);
        _group.Tell(new LeaveGroup("stranger"), CreateTestProbe());
    }

    [Fact]
    public void Should_pause_resume_and_ask_for_a_checkpoint()
    {
        Form(1);
        _group.Tell(new RequestCheckpoint(), _parent);
        var request = _b.FishForMessage<CheckpointGeneration>(_ => true, Soon);
        _group.Tell(new GenerationCheckpointed(1, request.Request, 5, ""), _a);
        Assert.Equal(new CheckpointWritten(5, null), _parent.FishForMessage<CheckpointWritten>(_ => true, Soon));
        _group.Tell(new PauseGroup(), _parent);
        Assert.True(_a.FishForMessage<StopGeneration>(_ => true, Soon).AtBoundary);
        End(_a, "trainer-a", 1, GenerationOutcome.Interrupted);
        End(_b, "trainer-b", 1, GenerationOutcome.Interrupted);
        Assert.Equal("tuning", _parent.FishForMessage<GroupPaused>(_ => true, Soon).StageId);
        _group.Tell(new ResumeGroup(), _parent);
        Prepare(2, "resumed", (_a, "trainer-a"), (_b, "trainer-b"));
    }

    [Fact]
    public void Should_adopt_what_runs_under_its_term_and_say_when_all_are_gone()
    {
        var parent = CreateTestProbe();
        var group = parent.ChildActorOf(TrainingGroupActor.Props(3, term: 4));
        group.Tell(new RunStage(Stage()), parent);
        foreach (var (probe, name) in new[] { (_a, "trainer-a"), (_b, "trainer-b") })
        {
            group.Tell(
                new RegisterTrainer(name, "127.0.0.1", 7, "tuning") { Running = 7, Group = "g", Members = ["trainer-a", "trainer-b"] }, probe);
            Assert.Equal(4, probe.ExpectMsg<TrainerRegistered>(Soon).Term);
        }

        Assert.Equal(7, parent.ExpectMsg<GenerationChanged>(Soon).Generation);
        group.Tell(Report(generation: 7), _a);
        parent.ExpectMsg<StepReport>(Soon);
        _a.ExpectNoMsg(TimeSpan.FromMilliseconds(600));
        Sys.Stop(_a);
        Sys.Stop(_b);
        Assert.Equal("tuning", parent.FishForMessage<GroupWaiting>(_ => true, Soon).StageId);
    }

    private void Register(TestProbe probe, string name)
    {
        _group.Tell(new RegisterTrainer(name, "127.0.0.1", 0, ""), probe);
        Assert.Equal(name, probe.ExpectMsg<TrainerRegistered>(Soon).NodeId);
    }

    private IReadOnlyList<StartGeneration> Form(long generation)
    {
        _group.Tell(new RunStage(Stage()), _parent);
        return Prepare(generation, "tuning begins", (_a, "trainer-a"), (_b, "trainer-b"));
    }

    private StartGeneration[] Prepare(long generation, string why, params (TestProbe Probe, string Name)[] members)
    {
        foreach (var (probe, name) in members)
        {
            var prepare = probe.FishForMessage<PrepareGeneration>(m => m.Generation == generation, Soon);
            Assert.Equal("tuning", prepare.Stage.StageId);
            Answer(prepare, probe, name);
        }

        var changed = _parent.FishForMessage<GenerationChanged>(m => m.Generation == generation, Soon);
        Assert.Contains(why, changed.Why);
        return [.. members.Select(m => m.Probe.FishForMessage<StartGeneration>(s => s.Generation == generation, Soon))];
    }

    private void Answer(PrepareGeneration prepare, TestProbe probe, string name) =>
        _group.Tell(new GenerationPrepared(prepare.Generation, name, "127.0.0.1", name == "trainer-a" ? 1001 : 1002, 3)
        {
            Term = prepare.Term,
        }, probe);

    private void End(TestProbe probe, string name, long generation, GenerationOutcome outcome, string reason = "") =>
        _group.Tell(new GenerationEnded(generation, name, 12, outcome, reason), probe);

    private static StepReport Report(long generation) => new()
    {
        Generation = generation,
        StageId = "tuning",
        Step = 1,
        Loss = 1,
        TokensPerSecond = 1,
        Waiting = 0,
    };

    private static TrainingStage Stage() => new()
    {
        StageId = "tuning",
        Objective = ObjectiveKind.StructureTuning,
        Samples = SampleKind.Tokens,
        Catalogue = "corpus-1",
        GlobalBatch = 4,
        TotalSteps = 12,
        WarmupSteps = 0,
        LearningRate = 1e-3,
        Seed = 1,
        Checkpoints = "checkpoints",
        Output = "model",
    };
}
