using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

public class BeatWatchTests
{
    private readonly BeatWatch _watch = new(TimeSpan.FromSeconds(10));

    [Fact]
    public void Should_take_for_dead_whose_beat_stands_still_and_for_living_whose_beat_grows()
    {
        for (var t = 0; t <= 20; t += 2)
        {
            See(t, ("grows", t), ("stands", 5));
            Assert.True(_watch.IsLive("grows"), $"after {t} s");
            Assert.Equal(t < 10, _watch.IsLive("stands"));
        }

        Assert.Null(_watch.GrownAt("stands"));
        Assert.Equal(TimeSpan.FromSeconds(20), _watch.GrownAt("grows"));
    }

    [Fact]
    public void Should_count_no_first_sight_as_proof_of_life()
    {
        See(0, ("a", 17));

        Assert.True(_watch.IsLive("a"));
        Assert.Null(_watch.GrownAt("a"));
    }

    [Fact]
    public void Should_not_take_its_own_sleep_for_the_death_of_others()
    {
        See(0, ("a", 1), ("b", 1));
        See(2, ("a", 2), ("b", 1));
        See(300, ("a", 2), ("b", 7));

        Assert.True(_watch.IsLive("a"), "it may have slept as well");
        Assert.True(_watch.IsLive("b"));
        Assert.Equal(TimeSpan.FromSeconds(2), _watch.GrownAt("a"));
        Assert.Null(_watch.GrownAt("b"));
        for (var t = 302; t <= 310; t += 2)
        {
            See(t, ("a", 2), ("b", t));
        }

        Assert.False(_watch.IsLive("a"));
        Assert.True(_watch.IsLive("b"));
        Assert.Equal(TimeSpan.FromSeconds(310), _watch.GrownAt("b"));
    }

    [Fact]
    public void Should_forgive_one_look_in_which_a_file_is_missing_but_not_two()
    {
        See(0, ("a", 1));
        See(2, ("a", 2));
        See(4);
        Assert.True(_watch.IsLive("a"));
        See(6, ("a", 3));
        Assert.True(_watch.IsLive("a"));
        See(8);
        See(10);
        Assert.False(_watch.IsLive("a"));
        Assert.Empty(_watch.Living());
    }

    private void See(double seconds, params (string Name, long Beat)[] counters)
    {
        var now = TimeSpan.FromSeconds(seconds);
        _watch.Begin(now);
        foreach (var (name, beat) in counters)
        {
            _watch.Saw(name, "", beat, now);
        }
    }
}
