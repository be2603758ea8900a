using Ism.Coordinator.Training;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Training;

public class GroupStateTests
{
    [Fact]
    public void Should_wait_for_the_expected_trainers_but_not_for_ever()
    {
        var group = new GroupScript(expected: 2);
        group.Run();
        group.Register("b");
        group.Pass(14.5);
        Assert.Equal(GroupPhase.Waiting, group.State.Phase);
        group.Pass(1);
        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
        Assert.Single(group.To<PrepareGeneration>("b"));
    }

    [Fact]
    public void Should_give_ranks_by_name_when_all_have_answered()
    {
        var group = new GroupScript(expected: 2);
        group.Register("b", "a");
        group.Run();
        group.Answer("b");
        Assert.Equal(["a"], group.State.Unprepared);
        group.Answer("a");

        Assert.Equal(["a", "b"], group.Ranks);
        Assert.Equal((0, 1), (group.To<StartGeneration>("a").Single().Rank, group.To<StartGeneration>("b").Single().Rank));
        Assert.Equal(["a", "b"], group.To<StartGeneration>("b").Single().Members.Select(m => m.NodeId));
    }

    [Fact]
    public void Should_leave_out_who_does_not_answer_in_time_and_take_it_in_when_it_does()
    {
        var group = new GroupScript(expected: 2);
        group.Register("a", "silent");
        group.Run();
        group.Answer("a");
        group.Pass(4.75);
        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
        Assert.True(group.To<PrepareGeneration>("silent").Length >= 4, "a prepare that is not answered is repeated");
        group.Pass(0.25);
        Assert.Equal(["a"], group.Ranks);

        group.AnswerAt("silent", 0);
        group.Pass(1.25);
        Assert.Equal((GroupPhase.Preparing, 2), (group.State.Phase, group.State.Generation));
    }

    [Fact]
    public void Should_not_disturb_the_others_again_and_again_for_one_that_never_answers()
    {
        var group = GroupScript.Running("a");
        for (var second = 0; second < 120; second += 2)
        {
            group.Register(new RegisterTrainer("mute", "host", 0, ""));
            group.Register(new RegisterTrainer("a", "host", group.State.Generation, "s") { Running = group.State.Generation });
            if (group.State.Phase == GroupPhase.Preparing)
            {
                group.Answer("a");
            }

            group.Pass(2);
        }

        // Asked after 1 s, then with pauses of 5, 10, 20, 40 s between.
        Assert.InRange(group.State.Generation, 3, 7);
    }

    [Fact]
    public void Should_number_generations_above_any_a_trainer_has_heard_of()
    {
        var group = new GroupScript(expected: 1);
        group.Register(new RegisterTrainer("a", "host", 41, ""));
        group.Run();
        Assert.Equal(42, group.To<PrepareGeneration>("a").Single().Generation);
        group.Did(group.State.Prepared(new GenerationPrepared(41, "a", "host", 1, 0), group.Now));
        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
    }

    [Fact]
    public void Should_not_wait_long_for_a_member_that_a_peer_has_lost()
    {
        var group = GroupScript.Running("a", "b", "c");
        group.End("a", GenerationOutcome.Interrupted, "lost c", lost: "c");
        group.Answer("a", "b");
        group.Pass(0.75);
        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
        group.Pass(0.25);
        Assert.Equal(["a", "b"], group.Ranks);
    }

    [Fact]
    public void Should_hear_of_the_lost_member_also_from_the_second_word()
    {
        var group = GroupScript.Running("a", "b", "c");
        group.End("a", GenerationOutcome.Interrupted, "rank 1 told it");
        group.Answer("a");
        group.End("b", GenerationOutcome.Interrupted, "lost c", lost: "c", generation: 1);
        group.Answer("b");
        group.Pass(1.25);
        Assert.Equal(["a", "b"], group.Ranks);
    }

    [Fact]
    public void Should_keep_a_lost_member_that_answers_after_all()
    {
        var group = GroupScript.Running("a", "b");
        group.End("a", GenerationOutcome.Interrupted, "lost b", lost: "b");
        group.Answer("b", "a");
        Assert.Equal(["a", "b"], group.Ranks);
    }

    [Fact]
    public void Should_go_on_at_once_without_a_member_that_cannot_be_reached_and_take_it_in_again()
    {
        var group = GroupScript.Running("a", "b");
        group.Forget();
        group.Did(group.State.Unreachable("b", group.Now));
        Assert.False(group.To<PrepareGeneration>("a").Single().AtBoundary);
        group.Answer("a");
        group.Pass(1);
        Assert.Equal(["a"], group.Ranks);

        // It may still be heard, but it is no use to a ring that cannot reach it.
        group.Register(new RegisterTrainer("b", "host", 1, "s") { Running = 1 });
        group.Pass(2);
        Assert.Equal((GroupPhase.Running, 2), (group.State.Phase, group.State.Generation));

        group.Did(group.State.Reachable("b", group.Now));
        group.Pass(1.25);
        group.Answer("a", "b");
        Assert.Equal(["a", "b"], group.Ranks);
    }

    [Fact]
    public void Should_take_in_who_comes_at_a_step_boundary_and_wait_for_long_steps()
    {
        var group = GroupScript.Running("a");
        group.Did(group.State.Stepped(new StepReport
        {
            Generation = 1,
            StageId = "s",
            Step = 1,
            Loss = 1,
            TokensPerSecond = 1,
            Waiting = 0,
            StepSeconds = 10,
        }));
        group.Forget();
        group.Register("b", "c");
        group.Pass(1);
        Assert.True(group.To<PrepareGeneration>("a").Single().AtBoundary);
        Assert.True(group.To<PrepareGeneration>("b").Single().LivingState);
        group.Answer("b", "c");
        group.Pass(31.75);
        Assert.All(group.To<PrepareGeneration>("a"), p => Assert.True(p.AtBoundary));

        // 3 × 10 s + 2 s are over: at once then, with 5 s more.
        group.Pass(0.25);
        Assert.False(group.To<PrepareGeneration>("a")[^1].AtBoundary);
        group.Pass(4.75);
        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
        group.Pass(0.25);
        Assert.Equal(["b", "c"], group.Ranks);
    }

    [Fact]
    public void Should_wait_for_a_member_that_says_it_is_preparing_but_not_for_ever()
    {
        var group = new GroupScript(expected: 2);
        group.Register("a", "b");
        group.Run();
        group.Answer("a");
        for (var second = 0; second < 599; second++)
        {
            group.Did(group.State.Preparing(new GenerationPreparing(1, "b", "builds the model"), group.Now));
            group.Pass(1);
            Assert.Equal(GroupPhase.Preparing, group.State.Phase);
        }

        group.Did(group.State.Preparing(new GenerationPreparing(1, "b", "builds the model"), group.Now));
        group.Pass(1);
        Assert.Equal(["a"], group.Ranks);
    }

    [Fact]
    public void Should_let_those_who_are_there_restore_when_who_held_the_state_does_not_answer()
    {
        var group = new GroupScript(expected: 2);
        group.Register(new RegisterTrainer("a", "host", 3, "s") { Step = 40 });
        group.Register(new RegisterTrainer("b", "host", 0, ""));
        group.Run();
        Assert.True(group.To<PrepareGeneration>("b").Single().LivingState);
        group.AnswerAt("b", -1);
        group.Pass(5);
        var again = group.To<PrepareGeneration>("b")[^1];
        Assert.Equal((5, false), (again.Generation, again.LivingState));
        group.AnswerAt("b", 30);
        group.Pass(5);
        Assert.Equal(["b"], group.Ranks);
    }

    [Fact]
    public void Should_say_that_the_stage_waits_when_all_are_gone_and_go_on_when_one_comes_back()
    {
        var group = GroupScript.Running("a", "b");
        group.Did(group.State.Gone("a", group.Now));
        group.Did(group.State.Gone("b", group.Now));
        Assert.Equal(GroupPhase.Waiting, group.State.Phase);
        Assert.Contains("b is gone", Assert.Single(group.ToParent<GroupWaiting>()).Why);
        group.Pass(61);
        Assert.Equal(2, group.ToParent<GroupWaiting>().Length);
        group.Forget();
        group.Register("a");
        Assert.False(group.To<PrepareGeneration>("a").Single().LivingState);
        group.Answer("a");
        Assert.Equal(["a"], group.Ranks);
    }

    [Fact]
    public void Should_end_the_stage_once()
    {
        var group = GroupScript.Running("a", "b");
        group.End("b", GenerationOutcome.Completed);
        Assert.Empty(group.ToParent<StageEnded>());
        group.End("a", GenerationOutcome.Completed);
        group.End("a", GenerationOutcome.Completed);
        group.End("b", GenerationOutcome.Failed, "too late");
        Assert.Equal(new StageEnded("s", 7, null), Assert.Single(group.ToParent<StageEnded>()));
    }

    [Fact]
    public void Should_fail_the_stage_when_nobody_can_even_prepare()
    {
        var group = new GroupScript(expected: 1);
        group.Register("a");
        group.Run();
        for (var failure = 1; failure <= 3; failure++)
        {
            Assert.Empty(group.ToParent<StageEnded>());
            group.End("a", GenerationOutcome.Failed, "model/ is no ESM2 folder");
            for (var tick = 0; group.State.Phase == GroupPhase.Waiting && tick < 200; tick++)
            {
                group.Pass(0.25);
            }
        }

        Assert.Contains("no ESM2 folder", Assert.Single(group.ToParent<StageEnded>()).Error);
    }

    [Fact]
    public void Should_go_on_without_a_member_that_failed_and_take_it_in_again_later()
    {
        var group = GroupScript.Running("a", "b", "c");
        group.End("b", GenerationOutcome.Failed, "out of memory");
        Assert.Equal("out of memory", Assert.Single(group.ToParent<TrainerFailed>()).Reason);
        Assert.Empty(group.ToParent<StageEnded>());
        group.Answer("a", "c");
        group.Pass(1.25);
        Assert.Equal(["a", "c"], group.Ranks);
        for (var tick = 0; group.State.Phase == GroupPhase.Running && tick < 100; tick++)
        {
            group.Register("b");
            group.Pass(0.25);
        }

        Assert.Equal(GroupPhase.Preparing, group.State.Phase);
        group.AnswerAt("a", 9);
        group.AnswerAt("b", -1);
        group.AnswerAt("c", 9);
        Assert.Equal(["a", "b", "c"], group.Ranks);
    }

    [Fact]
    public void Should_fail_the_stage_at_once_when_a_failure_is_final()
    {
        var group = GroupScript.Running("a", "b");
        group.Did(group.State.Ended(
            new GenerationEnded(group.State.Generation, "a", 7, GenerationOutcome.Failed, "tuning.nonFinite is stop") { Final = true }, group.Now));
        Assert.Equal("a: tuning.nonFinite is stop", Assert.Single(group.ToParent<StageEnded>()).Error);
    }

    [Fact]
    public void Should_take_the_loss_of_a_word_for_an_interruption()
    {
        var group = GroupScript.Running("a", "b");
        group.Register(new RegisterTrainer("a", "host", 1, "s"));
        Assert.Equal(GroupPhase.Running, group.State.Phase);
        group.Pass(5);
        group.Register(new RegisterTrainer("a", "host", 1, "s"));
        Assert.Equal((GroupPhase.Preparing, 2), (group.State.Phase, group.State.Generation));
    }
}
