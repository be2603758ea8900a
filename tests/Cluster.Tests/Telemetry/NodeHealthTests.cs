using Akka.Cluster;
using Ism.Cluster.Telemetry;
using Ism.Cluster.Tests.Membership;

namespace Ism.Cluster.Tests.Telemetry;

public class NodeHealthTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Should_be_ready_when_it_is_up_or_has_nothing_to_do()
    {
        var health = new NodeHealth(_clock);
        Assert.Equal(new HealthAnswer(false, "not a member"), health.Ready());
        health.Waits("waits for a job");
        Assert.Equal(new HealthAnswer(true, "waits for a job"), health.Ready());
        health.Waits(null);
        Assert.False(health.Ready().IsGood);

        var status = MemberStatus.Joining;
        health.Joined(() => status);
        Assert.Equal(new HealthAnswer(false, "Joining"), health.Ready());
        status = MemberStatus.Up;
        Assert.Equal(new HealthAnswer(true, "Up"), health.Ready());
        status = MemberStatus.Leaving;
        Assert.False(health.Ready().IsGood);
        health.Left();
        Assert.False(health.Ready().IsGood);
    }

    [Fact]
    public void Should_not_live_when_its_actors_are_silent()
    {
        var health = new NodeHealth(_clock);
        _clock.Advance(NodeHealth.LongestSilence.TotalSeconds * 2);
        Assert.True(health.Lives().IsGood);

        health.Joined(() => MemberStatus.Up);
        _clock.Advance(NodeHealth.LongestSilence.TotalSeconds / 2);
        Assert.True(health.Lives().IsGood);
        health.Beat();
        _clock.Advance(NodeHealth.LongestSilence.TotalSeconds * 0.9);
        Assert.True(health.Lives().IsGood);
        _clock.Advance(NodeHealth.LongestSilence.TotalSeconds * 0.2);
        Assert.Equal(new HealthAnswer(false, "its actors have been silent for 66 s"), health.Lives());
        health.Beat();
        Assert.True(health.Lives().IsGood);

        // What is no member any more has nothing that could be silent.
        _clock.Advance(NodeHealth.LongestSilence.TotalSeconds * 2);
        health.Left();
        Assert.True(health.Lives().IsGood);
    }
}
