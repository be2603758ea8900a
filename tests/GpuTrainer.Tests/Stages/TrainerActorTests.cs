using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>The trainer's actor against probes for its coordinator and for the featurizers, who never answer: the generation waits
/// for the samples of its first step.</summary>
public sealed class TrainerActorTests : TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly GenerationStage _stage = new();
    private readonly TestProbe _group;
    private readonly TestProbe _region;

    public TrainerActorTests()
        : base(ConfigurationFactory.ParseString("akka.loglevel = ERROR, akka.stdout-loglevel = OFF"))
    {
        torch.set_num_threads(1);
        (_group, _region) = (CreateTestProbe(), CreateTestProbe());
    }

    [Fact]
    public void Should_prepare_with_its_model_built_and_say_meanwhile_that_it_is_at_it()
    {
        using var build = new ManualResetEventSlim();
        var trainer = Trainer(stage =>
        {
            Assert.True(build.Wait(Soon));
            return new LineRuntime(stage);
        });
        Tell(trainer, Prepare(3));
        var word = Next<GenerationPreparing>();
        Assert.Equal((3, "t", "builds the model of line"), (word.Generation, word.NodeId, word.Doing));
        build.Set();
        var answer = Next<GenerationPrepared>();
        Assert.Equal((3, 0L), (answer.Generation, answer.Step));
        Assert.Equal(3, Next<RegisterTrainer>(m => m.Generation == 3).Generation);
    }

    [Fact]
    public void Should_tell_that_its_model_cannot_be_built()
    {
        var trainer = Trainer(_ => throw new IOException("model/ is no ESM2 folder"));
        Tell(trainer, Prepare(1));
        var ended = Next<GenerationEnded>();
        Assert.Equal((1, GenerationOutcome.Failed, "model/ is no ESM2 folder"), (ended.Generation, ended.Outcome, ended.Reason));
    }

    [Fact]
    public void Should_register_with_the_generation_it_is_in_and_follow_the_coordinator_that_answers()
    {
        var trainer = Running(term: 1);
        var card = Next<RegisterTrainer>(m => m.Running == 1);
        Assert.Equal(("line", "11111111-1111-1111-1111-111111111111", 1L), (card.StageId, card.Group, card.Term));
        Assert.Equal(["t"], card.Members);

        var successor = CreateTestProbe();
        trainer.Tell(new TrainerRegistered("t") { Term = 2 }, successor);
        trainer.Tell(new StopGeneration(1, "by the new one") { Term = 2 }, successor);
        Assert.Equal(1, successor.FishForMessage<GenerationEnded>(_ => true, Soon).Generation);
    }

    [Fact]
    public void Should_not_obey_a_coordinator_of_a_lower_term()
    {
        var trainer = Running(term: 2);
        var old = CreateTestProbe();
        trainer.Tell(new PrepareGeneration(9, _stage.Stage) { Term = 1 }, old);
        trainer.Tell(new StopGeneration(1, "by the old one") { Term = 1 }, old);
        trainer.Tell(new TrainerRegistered("t") { Term = 1 }, old);
        Assert.Equal(1, Next<RegisterTrainer>(m => m.Running == 1).Generation);
        Assert.Equal(1, Next<RegisterTrainer>(m => m.Running == 1).Generation);
        old.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        Tell(trainer, new StopGeneration(1, "by the new one") { Term = 2 });
        Assert.Equal(GenerationOutcome.Interrupted, Next<GenerationEnded>().Outcome);
    }

    [Fact]
    public void Should_answer_a_new_coordinators_used_number_by_registering_so_that_it_takes_a_higher_one()
    {
        var trainer = Running(term: 1);
        var successor = CreateTestProbe();
        trainer.Tell(new PrepareGeneration(1, _stage.Stage) { Term = 2 }, successor);
        Assert.Equal((1, 1L), Next<RegisterTrainer>(m => m.Running == 1) switch { var m => (m.Generation, m.Term) });
        trainer.Tell(new PrepareGeneration(2, _stage.Stage) { Term = 2, AtBoundary = true }, successor);
        Assert.Contains("generation 2 forms", successor.FishForMessage<GenerationEnded>(_ => true, Soon).Reason);
        Assert.Equal(2, successor.FishForMessage<GenerationPrepared>(_ => true, Soon).Generation);
    }

    [Fact]
    public void Should_leave_at_a_boundary_for_the_next_generation_and_repeat_its_answer()
    {
        var trainer = Running(term: 0);
        Tell(trainer, Prepare(2) with { AtBoundary = true });
        Assert.StartsWith("left after step 0", Next<GenerationEnded>().Reason);
        var first = Next<GenerationPrepared>();
        Tell(trainer, Prepare(2) with { AtBoundary = true });
        Assert.Equal(first, Next<GenerationPrepared>());
    }

    [Fact]
    public void Should_leave_politely_and_say_so_when_the_group_has_let_it_go()
    {
        var trainer = Running(term: 0);
        var node = CreateTestProbe();
        trainer.Tell(new LeavePolitely(), node);
        Next<LeaveGroup>();
        Tell(trainer, new StopGeneration(1, "t was asked to leave") { AtBoundary = true, Checkpoint = true });
        Assert.StartsWith("left after step 0", Next<GenerationEnded>().Reason);
        node.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        Tell(trainer, new GroupLeft("t"));
        node.ExpectMsg<HasLeft>(Soon);
    }

    [Fact]
    public async Task Should_leave_before_its_node_shuts_down()
    {
        var trainer = Running(term: 0);
        TrainerNode.LeaveOnShutdown(Sys, trainer);
        var shutdown = CoordinatedShutdown.Get(Sys).Run(CoordinatedShutdown.ClrExitReason.Instance);
        Next<LeaveGroup>();
        Tell(trainer, new GroupLeft("t"));
        await shutdown.WaitAsync(Soon);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _stage.Dispose();
    }

    private IActorRef Trainer(Func<TrainingStage, IStageRuntime>? create = null)
    {
        create ??= stage => new LineRuntime(stage);
        var trainer = Sys.ActorOf(Props.Create(() => new TrainerActor(
            "t", "127.0.0.1", _stage.Job, _stage.Workspace, _group.Ref, _region.Ref, create)));
        Next<RegisterTrainer>();
        return trainer;
    }

    private IActorRef Running(long term)
    {
        var trainer = Trainer();
        Tell(trainer, new TrainerRegistered("t") { Term = term });
        Tell(trainer, Prepare(1) with { Term = term });
        var answer = Next<GenerationPrepared>();
        RankEndpoint[] members = [new("t", answer.Host, answer.Port)];
        Tell(trainer, new StartGeneration(1, 0, members, "11111111-1111-1111-1111-111111111111") { Term = term });
        _region.FishForMessage<FetchSamples>(_ => true, Soon);
        return trainer;
    }

    private PrepareGeneration Prepare(long generation) => new(generation, _stage.Stage);

    private void Tell(IActorRef trainer, object message) => trainer.Tell(message, _group);

    private T Next<T>(Predicate<T>? which = null) => _group.FishForMessage<T>(m => which is null || which(m), Soon);
}
