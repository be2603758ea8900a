using Ism.Coordinator.Training;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Training;

/// <summary>Fail-over of the coordinator, polite leaves, pauses, and checkpoints on request.</summary>
public class GroupStateHandOverTests
{
    [Fact]
    public void Should_adopt_a_generation_when_all_its_members_are_there_without_telling_them_anything()
    {
        var group = new GroupScript(expected: 1, term: 2);
        group.Run();
        group.Register(Card("a"), Card("b"), Card("c"));
        Assert.Equal((GroupPhase.Running, 9), (group.State.Phase, group.State.Generation));
        Assert.Equal(["a", "b", "c"], group.Ranks);
        Assert.All(["a", "b", "c"], n => Assert.Empty(group.To<Protocol.Wire.IWireMessage>(n)));
        Assert.Equal(9, group.ToParent<GenerationChanged>().Single().Generation);
        group.End("a", GenerationOutcome.Completed);
        Assert.Single(group.ToParent<StageEnded>());
    }

    [Fact]
    public void Should_take_in_others_after_the_adoption_and_under_its_own_name()
    {
        var group = new GroupScript(expected: 3, term: 2);
        group.Run();
        group.Register("new");
        group.Register(Card("a"), Card("b"), Card("c"));
        Assert.Equal(GroupPhase.Running, group.State.Phase);
        group.Pass(1);
        var prepare = group.To<PrepareGeneration>("a").Single();
        Assert.Equal((10, 2, true, true), (prepare.Generation, prepare.Term, prepare.AtBoundary, prepare.LivingState));
        group.Answer("a", "b", "c", "new");
        Assert.Equal("group-2", group.To<StartGeneration>("new").Single().Group);
    }

    [Fact]
    public void Should_form_the_next_generation_when_a_member_does_not_come_back()
    {
        var group = new GroupScript(expected: 1, term: 2);
        group.Run();
        group.Register(Card("a"), Card("c"));
        group.Pass(14.75);
        Assert.Equal(GroupPhase.Waiting, group.State.Phase);
        group.Pass(0.25);
        Assert.Equal(10, group.To<PrepareGeneration>("c").Single().Generation);
        group.Answer("a", "c");
        Assert.Equal(["a", "c"], group.Ranks);
    }

    [Theory]
    [InlineData("s", 9, "other")]
    [InlineData("s", 8, "G")]
    [InlineData("another-stage", 9, "G")]
    public void Should_not_adopt_what_is_not_one_generation_of_this_stage(string stage, long generation, string ring)
    {
        var group = new GroupScript(expected: 3, term: 2);
        group.Run();
        group.Register(Card("a"), Card("b"), Card("c") with { StageId = stage, Running = generation, Group = ring });
        Assert.NotEqual(GroupPhase.Running, group.State.Phase);
    }

    [Fact]
    public void Should_take_a_higher_number_than_another_coordinator_has_used()
    {
        var group = new GroupScript(expected: 1, term: 2);
        group.Run();
        group.Register("a");
        Assert.Equal(1, group.State.Generation);
        group.Register(new RegisterTrainer("a", "host", 1, "s") { Term = 1 });
        Assert.Equal(2, group.To<PrepareGeneration>("a")[^1].Generation);
    }

    [Fact]
    public void Should_not_take_an_answer_to_another_coordinator_that_used_the_same_number()
    {
        var group = new GroupScript(expected: 1, term: 2);
        group.Run();
        group.Register("a");
        Assert.False(group.To<PrepareGeneration>("a").Single().LivingState);
        // The one before asked for a state in memory, which a does not have; it has not read the checkpoint.
        group.Did(group.State.Prepared(new GenerationPrepared(1, "a", "host", 1, -1) { Term = 1 }, group.Now));
        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
        group.Register(new RegisterTrainer("a", "host", 1, "s") { Term = 1 });
        group.Answer("a");
        Assert.Equal((GroupPhase.Running, 2), (group.State.Phase, group.State.Generation));
    }

    [Fact]
    public void Should_not_begin_again_from_a_checkpoint_while_those_who_hold_the_state_may_step_on_behind_a_broken_link()
    {
        var group = GroupScript.Running("a", "b");
        group.Did(group.State.Unreachable("a", group.Now));
        group.Did(group.State.Unreachable("b", group.Now));
        group.Register("c");
        group.AnswerAt("c", -1);
        group.Pass(45);
        Assert.Empty(group.To<StartGeneration>("c"));

        group.Did(group.State.Gone("a", group.Now));
        group.Pass(5);
        Assert.All(group.To<PrepareGeneration>("c"), p => Assert.True(p.LivingState));
        group.Did(group.State.Gone("b", group.Now));
        PassUntilItForms(group);
        Assert.False(group.To<PrepareGeneration>("c")[^1].LivingState);
        group.AnswerAt("c", 5);
        Assert.Equal(["c"], group.Ranks);
    }

    [Fact]
    public void Should_go_on_with_those_who_hold_the_state_when_the_link_heals()
    {
        var group = GroupScript.Running("a", "b");
        group.Did(group.State.Unreachable("a", group.Now));
        group.Did(group.State.Unreachable("b", group.Now));
        group.Register("c");
        group.AnswerAt("c", -1);
        group.Pass(10);
        group.Did(group.State.Reachable("b", group.Now));
        PassUntilItForms(group);
        Assert.All(group.To<PrepareGeneration>("c"), p => Assert.True(p.LivingState));
        group.AnswerAt("b", 7);
        group.AnswerAt("c", -1);
        group.Pass(2);
        Assert.Equal(["b", "c"], group.Ranks);
    }

    [Fact]
    public void Should_let_a_member_leave_at_a_boundary_and_tell_it_when_it_is_out()
    {
        var group = GroupScript.Running("a", "b");
        group.Forget();
        group.Did(group.State.Leave("b", group.Now));
        Assert.True(group.To<PrepareGeneration>("a").Single().AtBoundary);
        var stop = group.To<StopGeneration>("b").Single();
        Assert.Equal((true, false), (stop.AtBoundary, stop.Checkpoint));
        Assert.Empty(group.To<GroupLeft>("b"));
        group.End("b", GenerationOutcome.Interrupted, "left", generation: 1);
        Assert.Single(group.To<GroupLeft>("b"));
        group.Answer("a");
        Assert.Equal(["a"], group.Ranks);
    }

    [Fact]
    public void Should_have_the_last_one_write_a_checkpoint_before_it_leaves()
    {
        var group = GroupScript.Running("a");
        group.Did(group.State.Leave("a", group.Now));
        Assert.True(group.To<StopGeneration>("a").Single().Checkpoint);
        Assert.Equal(GroupPhase.Waiting, group.State.Phase);
        group.End("a", GenerationOutcome.Interrupted, "left");
        Assert.Single(group.To<GroupLeft>("a"));
        Assert.Empty(group.State.Members);
    }

    [Fact]
    public void Should_let_go_at_once_who_is_in_no_generation()
    {
        var group = new GroupScript(expected: 2);
        group.Register("a");
        group.Did(group.State.Leave("a", group.Now));
        Assert.Single(group.To<GroupLeft>("a"));
    }

    [Fact]
    public void Should_pause_at_a_boundary_and_form_nothing_until_resumed()
    {
        var group = GroupScript.Running("a", "b");
        group.Did(group.State.Pause(group.Now));
        Assert.True(group.To<StopGeneration>("a").Single().AtBoundary);
        group.End("a", GenerationOutcome.Interrupted);
        Assert.Empty(group.ToParent<GroupPaused>());
        group.End("b", GenerationOutcome.Interrupted);
        Assert.Single(group.ToParent<GroupPaused>());
        group.Register("c");
        group.Pass(100);
        Assert.Equal((GroupPhase.Paused, 1), (group.State.Phase, group.State.Generation));

        group.Did(group.State.Resume(group.Now));
        group.Answer("a", "b", "c");
        Assert.Equal(["a", "b", "c"], group.Ranks);
    }

    [Fact]
    public void Should_stop_at_once_who_does_not_pause_in_time_and_say_whom_it_waited_for()
    {
        var group = GroupScript.Running("a", "b");
        group.Did(group.State.Pause(group.Now));
        group.End("a", GenerationOutcome.Interrupted);
        group.Pass(5);
        Assert.False(group.To<StopGeneration>("b")[^1].AtBoundary);
        group.Pass(5);
        Assert.Contains("b did not say", Assert.Single(group.ToParent<GroupPaused>()).How);
    }

    [Fact]
    public void Should_ask_all_ranks_for_a_checkpoint_again_after_a_change_of_the_generation()
    {
        var group = GroupScript.Running("a", "b");
        group.Did(group.State.Checkpoint(group.Now));
        Assert.Equal(1, group.To<CheckpointGeneration>("b").Single().Request);
        group.Did(group.State.Gone("b", group.Now));
        group.Answer("a");
        Assert.Equal((2, 1), (group.To<CheckpointGeneration>("a")[^1].Generation, group.To<CheckpointGeneration>("a")[^1].Request));
        group.Did(group.State.Checkpointed(new GenerationCheckpointed(2, 1, 12, "")));
        Assert.Equal(new CheckpointWritten(12, null), group.ToParent<CheckpointWritten>().Single());
    }

    [Fact]
    public void Should_say_who_did_not_write_the_checkpoint_in_time()
    {
        var group = GroupScript.Running("a");
        group.Did(group.State.Checkpoint(group.Now));
        group.Pass(300);
        Assert.Contains("rank 0 (a)", group.ToParent<CheckpointWritten>().Single().Error);
    }

    private static RegisterTrainer Card(string node) => new(node, "host", 9, "s")
    {
        Running = 9,
        Members = ["a", "b", "c"],
        Group = "G",
        Step = 40,
        Term = 1,
    };

    private static void PassUntilItForms(GroupScript group)
    {
        for (var tick = 0; group.State.Phase != GroupPhase.Preparing && tick < 200; tick++)
        {
            group.Pass(0.25);
        }

        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
    }
}
