using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

public class BrokenLinksTests
{
    [Fact]
    public void Should_part_with_nobody_when_all_links_hold() => Assert.Empty(Cut());

    [Fact]
    public void Should_part_with_the_younger_end_of_one_broken_link_whoever_reports_it()
    {
        Assert.Equal(["c"], Cut(("a", "c")));
        Assert.Equal(["c"], Cut(("c", "a")));
        Assert.Equal(["c"], Cut(("a", "c"), ("c", "a")));
    }

    [Fact]
    public void Should_part_with_the_one_that_all_broken_links_end_at() => Assert.Equal(["a"], Cut(("a", "b"), ("a", "c"), ("d", "a")));

    [Fact]
    public void Should_part_with_one_end_of_each_of_several_broken_links() => Assert.Equal(["b", "d"], Cut(("a", "b"), ("c", "d")).Order());

    [Fact]
    public void Should_overlook_links_to_those_who_are_no_members() => Assert.Empty(Cut(("a", "gone"), ("b", "b")));

    private static IReadOnlyList<string> Cut(params (string From, string To)[] broken) => BrokenLinks.Cut(
    [
        .. "abcd".Select(c => new MemberSight(
            c.ToString(), false, true, true, MemberLife.Living, [.. broken.Where(b => b.From == c.ToString()).Select(b => b.To)])),
    ]);
}
