using Akka.Actor;
using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

public sealed class StandingTests : IDisposable
{
    private static readonly MembershipTimes Times = new();
    private readonly ActorSystem _system = ActorSystem.Create("standing");

    [Fact]
    public void Should_let_a_node_take_over_where_nothing_watches() => Assert.True(Standing.Of(_system).MayTakeOver);

    [Theory]
    [InlineData(true, true, 100, 0, true)]
    [InlineData(false, false, 100, 0, true)]
    [InlineData(false, true, 1, 0, true)]
    [InlineData(false, true, 20, 0, false)]
    [InlineData(false, true, 1, 2, false)]
    public void Should_ask_for_the_lease_or_the_holders_word(bool holds, bool lives, double silent, double unknown, bool may)
    {
        Standing.Of(_system).Note(new MembershipSight
        {
            Others = [],
            HoldsLease = holds,
            LeaseLives = lives,
            Holder = "b",
            UnchangedFor = TimeSpan.Zero,
            HolderSilent = TimeSpan.FromSeconds(silent),
            Unknown = TimeSpan.FromSeconds(unknown),
        }, Times);

        Assert.Equal(may, Standing.Of(_system).MayTakeOver);
    }

    public void Dispose() => _system.Dispose();
}
