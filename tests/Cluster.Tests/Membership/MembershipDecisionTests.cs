using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

/// <summary>By examples; 'c' is a coordinator, 'e' an elastic node. What a history of such decisions leads to is shown by
/// <see cref="ClusterModelTests"/>.</summary>
public class MembershipDecisionTests
{
    private static readonly MembershipTimes Times = new();
    private readonly MembershipDecision _decision = new(Times);

    [Fact]
    public void Should_do_nothing_while_all_is_well() =>
        Assert.Equal(MembershipAct.None, AsHolder(Reached('c', 2), Reached('e', 5)).Act);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 5)]
    [InlineData(2, 5)]
    public void Should_declare_dead_who_neither_answers_nor_beats_however_many(int coordinators, int elastic)
    {
        var dead = (MemberSight[])[.. Lost('c', coordinators, MemberLife.Dead), .. Lost('e', elastic, MemberLife.Dead)];
        var verdict = AsHolder(Times.AskEvery * 2, Reached('e', 1), dead);

        Assert.Equal(MembershipAct.Down, verdict.Act);
        Assert.Equal(dead.Select(d => d.Address), verdict.Members);
        Assert.Equal(MembershipAct.None, AsHolder(Times.AskEvery, Reached('e', 1), dead).Act);
    }

    [Fact]
    public void Should_go_on_alone_when_all_elastic_nodes_die_at_once() =>
        Assert.Equal(MembershipAct.Down, AsHolder(Lost('e', 6, MemberLife.Dead)).Act);

    [Fact]
    public void Should_wait_until_it_is_known_who_of_the_lost_lives()
    {
        Assert.Equal(MembershipAct.None, AsHolder(Lost('e', 6, MemberLife.Doubtful)).Act);
        Assert.Equal(MembershipAct.None, AsHolder(Times.DownLivingAfter * 2, Lost('e', 6, MemberLife.Doubtful)).Act);
        var verdict = AsHolder(Lost('e', 1, MemberLife.Doubtful), Lost('c', 1, MemberLife.Dead));
        Assert.Equal((MembershipAct.Down, "c-Dead-0"), (verdict.Act, Assert.Single(verdict.Members)));
    }

    [Fact]
    public void Should_let_a_living_minority_leave_of_itself_and_end_it_only_when_it_does_not()
    {
        var lost = (MemberSight[])[.. Lost('e', 2)];

        Assert.Equal(MembershipAct.None, AsHolder(Times.CutOffAfter, Reached('e', 4), lost).Act);
        Assert.Equal(MembershipAct.Down, AsHolder(Times.DownLivingAfter, Reached('e', 4), lost).Act);
        Assert.Equal(MembershipAct.Down, AsHolder(Times.AskEvery * 2, Reached('e', 4), Lost('e', 2, MemberLife.Dead)).Act);
    }

    [Fact]
    public void Should_leave_when_it_is_the_isolated_node_and_the_holder_lives()
    {
        Assert.Equal(MembershipAct.None, AsOther(silent: Times.CutOffAfter, lives: true).Act);
        Assert.Equal(MembershipAct.Leave, AsOther(silent: Times.CutOffAfter + Times.AskEvery, lives: true).Act);
        Assert.Equal(MembershipAct.None, AsOther(silent: Times.CutOffAfter * 10, lives: false).Act);
    }

    [Fact]
    public void Should_leave_when_the_living_holder_does_not_know_it()
    {
        Assert.Equal(MembershipAct.None, AsOther(unknown: Times.UnknownAfter, lives: true).Act);
        Assert.Equal(MembershipAct.Leave, AsOther(unknown: Times.UnknownAfter + Times.AskEvery, lives: true).Act);
        Assert.Equal(MembershipAct.None, AsOther(unknown: Times.UnknownAfter * 10, lives: false).Act);
    }

    [Fact]
    public void Should_yield_as_a_holder_that_is_isolated_from_several()
    {
        Assert.Equal(MembershipAct.Yield, AsHolder(Lost('e', 2)).Act);
        Assert.Equal(MembershipAct.Yield, AsHolder(Lost('c', 1), Lost('e', 1)).Act);
        Assert.Equal(MembershipAct.None, AsHolder(Times.StableAfter / 2, Lost('e', 2)).Act);
        Assert.Equal(MembershipAct.None, AsHolder(Lost('e', 1)).Act);
    }

    [Fact]
    public void Should_stay_when_the_standby_is_the_isolated_one() =>
        Assert.Equal(MembershipAct.None, AsHolder(Reached('e', 1), Lost('c', 1)).Act);

    [Theory]
    [InlineData(1, 1, MembershipAct.None)]
    [InlineData(2, 1, MembershipAct.None)]
    [InlineData(1, 2, MembershipAct.Yield)]
    public void Should_yield_in_one_of_two_halves_with_a_coordinator_each_only_to_the_larger(int elasticHere, int elasticThere, MembershipAct expected) =>
        Assert.Equal(expected, AsHolder(Reached('e', elasticHere), Lost('c', 1), Lost('e', elasticThere)).Act);

    [Fact]
    public void Should_never_let_elastic_nodes_outvote_coordinators()
    {
        Assert.Equal(MembershipAct.None, AsHolder(Reached('e', 1), Lost('e', 100)).Act);
        Assert.Equal(MembershipAct.None, AsHolder(Reached('c', 1), Lost('c', 1), Lost('e', 100)).Act);
        Assert.Equal(MembershipAct.Yield, AsHolder(Reached('e', 100), Lost('c', 2)).Act);
    }

    [Fact]
    public void Should_forgive_a_broken_link_between_two_that_answer_for_a_while_and_then_part_with_one()
    {
        MemberSight[] members =
        [
            new("old", false, true, true, MemberLife.Living, ["young"]),
            new("young", false, true, true, MemberLife.Living, ["old"]),
            .. Reached('e', 2),
        ];

        Assert.Equal(MembershipAct.None, AsHolder(Times.BrokenLinkAfter / 2, members).Act);
        var verdict = AsHolder(Times.BrokenLinkAfter, members);
        Assert.Equal((MembershipAct.Down, "young"), (verdict.Act, Assert.Single(verdict.Members)));
    }

    [Fact]
    public void Should_say_whom_it_waited_for()
    {
        Assert.Contains("coordinator-9", AsOther(silent: TimeSpan.FromMinutes(1), lives: true).Why, StringComparison.Ordinal);
        Assert.Contains("60 s", AsOther(silent: TimeSpan.FromMinutes(1), lives: true).Why, StringComparison.Ordinal);
    }

    private static MemberSight[] Reached(char kind, int count) => [.. Members("reached", kind, count, false, true, MemberLife.Living)];

    private static MemberSight[] Lost(char kind, int count, MemberLife life = MemberLife.Living) =>
        [.. Members(life.ToString(), kind, count, true, false, life)];

    private static IEnumerable<MemberSight> Members(string name, char kind, int count, bool unreachable, bool answers, MemberLife life) =>
        Enumerable.Range(0, count).Select(i => new MemberSight($"{kind}-{name}-{i}", kind == 'c', unreachable, answers, life, []));

    private MembershipVerdict AsHolder(params MemberSight[][] others) => AsHolder(Times.StableAfter, others);

    private MembershipVerdict AsHolder(TimeSpan unchanged, params MemberSight[][] others) =>
        _decision.Decide(Sight([.. others.SelectMany(o => o)]) with { HoldsLease = true, LeaseLives = true, UnchangedFor = unchanged });

    private MembershipVerdict AsOther(TimeSpan silent = default, TimeSpan unknown = default, bool lives = false) =>
        _decision.Decide(Sight(Reached('c', 1)) with { LeaseLives = lives, HolderSilent = silent, Unknown = unknown });

    private static MembershipSight Sight(IReadOnlyList<MemberSight> others) => new()
    {
        Others = others,
        HoldsLease = false,
        LeaseLives = false,
        Holder = "coordinator-9 (akka.tcp://ism@h:1)",
        UnchangedFor = TimeSpan.Zero,
        HolderSilent = TimeSpan.Zero,
        Unknown = TimeSpan.Zero,
    };
}
