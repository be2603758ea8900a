using Ism.Featurizer.Serving;

namespace Ism.Featurizer.Tests.Serving;

public class RecentCacheTests
{
    [Fact]
    public void Should_let_go_of_the_value_that_was_not_used_for_longest()
    {
        var (made, gone) = (new List<int>(), new List<string>());
        using var cache = new RecentCache<int, string>(2, gone.Add);

        Assert.Equal(["1", "2", "1", "3", "1", "2"], new[] { 1, 2, 1, 3, 1, 2 }.Select(k => cache.GetOrAdd(k, Make)));
        Assert.Equal([1, 2, 3, 2], made);
        Assert.Equal(["2", "3"], gone);

        string Make(int key)
        {
            made.Add(key);
            return $"{key}";
        }
    }

    [Fact]
    public void Should_let_go_of_everything_when_disposed()
    {
        var gone = new List<int>();
        var cache = new RecentCache<int, int>(5, gone.Add);
        cache.GetOrAdd(1, k => k);
        cache.GetOrAdd(2, k => k);

        cache.Dispose();

        Assert.Equal([1, 2], gone.Order());
    }

    [Fact]
    public void Should_keep_nothing_of_a_value_that_could_not_be_made()
    {
        using var cache = new RecentCache<int, int>(1, _ => { });
        Assert.Throws<IOException>(() => cache.GetOrAdd(1, _ => throw new IOException("not there")));
        Assert.Equal(7, cache.GetOrAdd(1, _ => 7));
    }
}
