using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

public class MembershipViewTests
{
    private const string Holder = "akka.tcp://ism@holder:1";
    private static readonly MembershipTimes Times = new();
    private static readonly MemberName[] Others = [new(Holder, true)];
    private readonly MembershipView _view = new("akka.tcp://ism@me:1", Times);

    [Fact]
    public void Should_count_the_silence_of_the_holder_from_when_it_first_saw_it()
    {
        Assert.Equal(TimeSpan.Zero, Look(5000, Lease(Holder)).HolderSilent);
        Assert.Equal(TimeSpan.FromSeconds(3), Look(5003, Lease(Holder)).HolderSilent);
        _view.Answered(Holder, true, [], TimeSpan.FromSeconds(5003.5));
        Assert.Equal(TimeSpan.FromSeconds(0.5), Look(5004, Lease(Holder)).HolderSilent);
    }

    [Fact]
    public void Should_expect_no_answer_from_a_term_that_nobody_has_begun()
    {
        for (var t = 5000; t < 5060; t += 2)
        {
            var sight = Look(t, Lease(""));
            Assert.False(sight.LeaseLives);
            Assert.Equal(MembershipAct.None, new MembershipDecision(Times).Decide(sight).Act);
        }
    }

    [Fact]
    public void Should_not_act_on_a_lease_that_it_had_a_while_ago()
    {
        var at = TimeSpan.FromSeconds(100);
        _view.Report(Report(at, Lease("akka.tcp://ism@me:1"), holds: true));

        Assert.True(_view.HoldsLease(at + Times.Authority - TimeSpan.FromSeconds(1)));
        Assert.False(_view.HoldsLease(at + Times.Authority));
        Assert.False(_view.Look(Others, [], at + Times.TimeToLive)?.LeaseLives);
    }

    [Fact]
    public void Should_give_the_holder_a_short_time_to_answer_after_a_long_sleep()
    {
        Look(100, Lease(Holder));
        var woken = Look(400, Lease(Holder));

        Assert.Equal(Times.CutOffAfter - Times.UnknownAfter, woken.HolderSilent);
        Assert.Equal(TimeSpan.Zero, woken.UnchangedFor);
    }

    private static LeaseRecord Lease(string address) => new(3, address.Length > 0 ? "coordinator-0" : "", address, 1);

    private static WitnessReport Report(TimeSpan at, LeaseRecord lease, bool holds = false) =>
        new(at, lease, true, holds, new Dictionary<string, TimeSpan?>(), null, null);

    private MembershipSight Look(double seconds, LeaseRecord lease)
    {
        var now = TimeSpan.FromSeconds(seconds);
        _view.Report(Report(now, lease));
        return _view.Look(Others, [], now)!;
    }
}
