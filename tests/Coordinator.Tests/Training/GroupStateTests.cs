using Ism.Coordinator.Training;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Training;

public class GroupStateTests
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Should_wait_for_the_expected_trainers_but_not_for_ever()
    {
        var group = Group(expected: 2);
        group.Run(Stage(), Start);
        Assert.False(group.CanForm(Start));
        group.Join("b", 0);
        Assert.False(group.CanForm(Start));
        Assert.True(group.CanForm(Start + TimeSpan.FromSeconds(15)));
        group.Join("a", 0);
        Assert.True(group.CanForm(Start));
    }

    [Fact]
    public void Should_give_ranks_by_name_when_all_have_answered()
    {
        var group = Group(expected: 2);
        group.Join("b", 0);
        group.Join("a", 0);
        group.Run(Stage(), Start);
        var prepare = group.Form(Start);
        Assert.True(group.Prepared(Answer(prepare, "b")));
        Assert.Null(group.TryStart(Start));
        Assert.Equal(["a"], group.Unprepared);
        Assert.True(group.Prepared(Answer(prepare, "a")));

        var starts = group.TryStart(Start);

        Assert.NotNull(starts);
        Assert.Equal([("a", 0), ("b", 1)], starts.Select(s => (s.NodeId, s.Start.Rank)));
        Assert.All(starts, s => Assert.Equal(["a", "b"], s.Start.Members.Select(m => m.NodeId)));
    }

    [Fact]
    public void Should_leave_out_who_does_not_answer_in_time()
    {
        var group = Group(expected: 2);
        group.Join("a", 0);
        group.Join("silent", 0);
        group.Run(Stage(), Start);
        group.Prepared(Answer(group.Form(Start), "a"));
        Assert.Null(group.TryStart(Start + TimeSpan.FromSeconds(4)));

        Assert.Equal(["a"], group.TryStart(Start + TimeSpan.FromSeconds(5))!.Select(s => s.NodeId));
    }

    [Fact]
    public void Should_number_generations_above_any_a_trainer_has_heard_of()
    {
        var group = Group(expected: 1);
        group.Join("a", 41);
        group.Run(Stage(), Start);
        var prepare = group.Form(Start);
        Assert.Equal(42, prepare.Generation);
        Assert.False(group.Prepared(Answer(prepare, "a") with { Generation = 41 }));
    }

    [Fact]
    public void Should_need_a_new_generation_only_when_a_member_of_this_one_leaves()
    {
        var group = Group(expected: 1);
        group.Join("a", 0);
        group.Run(Stage(), Start);
        group.Prepared(Answer(group.Form(Start), "a"));
        group.TryStart(Start);
        Assert.True(group.Join("late", 0));
        Assert.False(group.Leave("late"));
        Assert.True(group.Leave("a"));
    }

    private static GroupState Group(int expected) => new(expected, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5));

    private static GenerationPrepared Answer(PrepareGeneration prepare, string node) => new(prepare.Generation, node, "host", 1, -1);

    private static TrainingStage Stage() => new()
    {
        StageId = "s",
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
}
