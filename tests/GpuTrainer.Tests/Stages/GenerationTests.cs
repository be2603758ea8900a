using System.Diagnostics;
using Ism.Protocol.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>Generations of several ranks on training threads, over TCP rings of this machine.</summary>
public class GenerationTests
{
    private const double Rounding = 1e-10;

    public GenerationTests() => torch.set_num_threads(1);

    [Fact]
    public void Should_take_in_a_rank_at_a_step_boundary_with_the_state_of_a_living_member()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage);
        using var b = new ThreadRank("b", stage, (me, r) => r.InStep = step => Ask(step == 3, () => me.Thread.LeaveAtBoundary("c comes")));
        using var c = new ThreadRank("c", stage);

        var first = ThreadRank.Run(1, livingState: false, a, b);
        Assert.All(first, e => Assert.Equal((GenerationOutcome.Interrupted, 4L, ""), (e.Outcome, e.Step, e.Lost)));
        Assert.Contains("left after step 4: c comes", first[1].Reason);
        Assert.Contains("rank 1 asked for it", first[0].Reason);
        Assert.Equal(4, a.Thread.StepOf("line"));
        var second = ThreadRank.Run(2, livingState: true, a, b, c);

        Assert.All(second, e => Assert.Equal((GenerationOutcome.Completed, 12L), (e.Outcome, e.Step)));
        Assert.Equal(0, c.Runtime.Restored);
        Assert.Equal((1, 0, 0), (a.Runtime.Outputs, b.Runtime.Outputs, c.Runtime.Outputs));
        AssertLikeUndisturbed(stage);
    }

    [Fact]
    public void Should_go_on_after_a_loss_with_nothing_repeated_but_the_step_in_flight()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage);
        using var b = new ThreadRank("b", stage);
        using var c = new ThreadRank("c", stage, (_, r) => r.InStep = step => Ask(step == 5, () => r.Group!.Dispose()));
        var clock = Stopwatch.StartNew();
        var first = ThreadRank.Run(1, livingState: false, a, b, c);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(stage.Job.Cluster.CollectiveSeconds), "the loss was seen only by the deadline");
        Assert.All(first[..2], e => Assert.Equal((GenerationOutcome.Interrupted, 5L), (e.Outcome, e.Step)));
        Assert.Contains(first[..2], e => e.Lost == "c");

        var second = ThreadRank.Run(2, livingState: true, a, b);
        Assert.All(second, e => Assert.Equal(GenerationOutcome.Completed, e.Outcome));
        AssertLikeUndisturbed(stage);
    }

    [Fact]
    public void Should_have_the_same_bits_with_the_same_membership_and_the_same_numbers_with_any()
    {
        var histories = Enumerable.Range(0, 2).Select(_ =>
        {
            using var stage = new GenerationStage();
            ThreadRank[] ranks = [.. "abcd".Select(name => new ThreadRank($"{name}", stage))];
            Run(1, 2, ranks[..2]);
            Run(2, 5, ranks);
            Run(3, 6, ranks[1], ranks[3]);
            Run(4, 9, ranks[3]);
            Run(5, 12, ranks[2], ranks[3]);
            Array.ForEach(ranks, r => r.Dispose());
            AssertLikeUndisturbed(stage);
            return stage.StepLog();

            void Run(long generation, long until, params ThreadRank[] members)
            {
                foreach (var rank in members)
                {
                    rank.Prepare(generation, livingState: generation > 1);
                }

                members[0].Runtime.InStep = step => Ask(step == until - 1 && until < 12, () => members[0].Thread.LeaveAtBoundary("planned"));
                Assert.All(ThreadRank.Run(generation, livingState: generation > 1, members), e => Assert.Equal(until, e.Step));
                members[0].Runtime.InStep = _ => { };
            }
        }).ToArray();
        Assert.Equal(histories[0], histories[1]);
    }

    [Fact]
    public void Should_share_a_step_out_by_count_when_the_ranks_were_told_other_lengths()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage);
        using var b = new ThreadRank("b", stage)
        {
            Fetch = (plan, buffer) => GenerationStage.Fetch(plan, buffer, p => 1 + (int)(p.Position % (p.Position == 7 ? 3 : 13) * 40)),
        };
        using var c = new ThreadRank("c", stage);
        var ended = ThreadRank.Run(1, livingState: false, a, b, c);

        Assert.All(ended, e => Assert.Equal((GenerationOutcome.Completed, 12L), (e.Outcome, e.Step)));
        Assert.Equal(a.Log.Where(l => l.Contains("by count", StringComparison.Ordinal)), b.Log.Where(l => l.Contains("by count", StringComparison.Ordinal)));
        Assert.InRange(a.Log.Count(l => l.Contains("by count", StringComparison.Ordinal)), 1, 11);
        AssertLikeUndisturbed(stage);
    }

    [Fact]
    public void Should_end_on_all_ranks_when_one_errs_and_name_it()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage);
        using var b = new ThreadRank(
            "b", stage, (_, r) => r.InStep = step => Ask(step == 2, () => throw new InvalidDataException("broken sample")));
        using var c = new ThreadRank("c", stage);
        var clock = Stopwatch.StartNew();
        var ended = ThreadRank.Run(1, livingState: false, a, b, c);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(stage.Job.Cluster.CollectiveSeconds));
        Assert.Equal((GenerationOutcome.Failed, "broken sample"), (ended[1].Outcome, ended[1].Reason));
        Assert.All([ended[0], ended[2]], e => Assert.Equal((GenerationOutcome.Interrupted, 2L), (e.Outcome, e.Step)));
        Assert.Contains([ended[0], ended[2]], e => e.Reason.Contains("rank 1", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_leave_at_once_when_told_so()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank(
            "a", stage, (me, r) => r.InStep = step => Ask(step == 2, () => me.Thread.Interrupt("waits no longer")));
        using var b = new ThreadRank("b", stage);
        var ended = ThreadRank.Run(1, livingState: false, a, b);
        Assert.All(ended, e => Assert.Equal((GenerationOutcome.Interrupted, 2L), (e.Outcome, e.Step)));
        Assert.Contains("waits no longer", ended[1].Reason);
    }

    [Fact]
    public void Should_write_a_checkpoint_that_any_rank_is_asked_for_at_the_next_boundary_once()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage);
        using var b = new ThreadRank(
            "b", stage, (me, r) => r.InStep = step => Ask(step is 3 or 4, () => me.Thread.Checkpoint(1)));
        ThreadRank.Run(1, livingState: false, a, b);
        Assert.Equal([4, 12], a.Runtime.Checkpoints);
        Assert.Empty(b.Runtime.Checkpoints);
        Assert.Equal(new GenerationCheckpointed(1, 1, 4, ""), Assert.Single(a.Reports.OfType<GenerationCheckpointed>()));
        Assert.All(a.Reports.OfType<StepReport>(), r => Assert.True(r.StepSeconds > 0));
    }

    [Fact]
    public void Should_say_that_a_checkpoint_asked_for_cannot_be_written_and_go_on()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage, (me, r) =>
        {
            r.InStep = step => Ask(step == 3, () => me.Thread.Checkpoint(1));
            r.SavingCheckpoint = () => Ask(r.Step == 4, () => throw new IOException("no space left"));
        });
        var ended = ThreadRank.Run(1, livingState: false, a);
        Assert.Equal(GenerationOutcome.Completed, ended[0].Outcome);
        Assert.Equal(new GenerationCheckpointed(1, 1, 4, "no space left"), Assert.Single(a.Reports.OfType<GenerationCheckpointed>()));
    }

    [Fact]
    public void Should_read_a_checkpoint_only_when_no_living_member_has_the_state()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage);
        Assert.Equal(-1, a.Prepare(1, livingState: true).Step);
        Assert.Equal((0, -1L), (a.Runtime.Restored, a.Thread.StepOf("line")));
        Assert.Equal(0, a.Prepare(2, livingState: false).Step);
        Assert.Equal((1, 0L), (a.Runtime.Restored, a.Thread.StepOf("line")));
        Assert.Equal(0, a.Prepare(3, livingState: false).Step);
        Assert.Equal(1, a.Runtime.Restored);
    }

    [Fact]
    public void Should_say_why_a_model_cannot_be_made()
    {
        using var stage = new GenerationStage();
        using var a = new ThreadRank("a", stage, (_, _) => throw new IOException("model/ is no ESM2 folder"));
        Assert.Equal("model/ is no ESM2 folder", a.Prepare(1, livingState: false).Error);
    }

    private static void Ask(bool now, Action what)
    {
        if (now)
        {
            what();
        }
    }

    // The step log has every step in its order, and its curve is that of one rank that nobody disturbs.
    private static void AssertLikeUndisturbed(GenerationStage stage)
    {
        using var other = new GenerationStage();
        using var alone = new ThreadRank("alone", other);
        ThreadRank.Run(1, livingState: false, alone);
        var expected = other.StepLog();
        var log = stage.StepLog();
        Assert.Equal(expected.Select(l => l.Step), log.Select(l => l.Step));
        Assert.All(expected.Zip(log, (a, b) => (a, b)), l => Assert.Equal(l.a.Loss, l.b.Loss, Rounding));
        Assert.NotEqual(expected[0].Loss, expected[^1].Loss);
    }
}
