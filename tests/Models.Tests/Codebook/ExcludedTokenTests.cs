using Ism.Models.Codebook;

namespace Ism.Models.Tests.Codebook;

public class ExcludedTokenTests
{
    [Fact]
    public void Should_choose_the_token_of_badly_predicted_residues_but_no_rare_one()
    {
        // Token 3 is always badly predicted but rare; token 1 is mostly so and frequent.
        var counts = new TokenConfidence([1000, 900, 1100, 5], [100, 800, 0, 5]);
        var chosen = ExcludedToken.Choose(counts);
        Assert.Equal(1, chosen.Token);
        Assert.Equal([3, 1, 0, 2], chosen.Table.Select(row => row.Token));
        Assert.False(chosen.Table[0].Eligible);
        Assert.Equal(800 / 900.0, chosen.Table[1].LowShare);
    }

    [Fact]
    public void Should_choose_none_where_nothing_speaks_for_one()
    {
        var unknown = new TokenConfidence(4);
        unknown.Add([1, 2, 3], [float.NaN, float.NaN, float.NaN]);
        Assert.Null(ExcludedToken.Choose(unknown).Token);
        Assert.Contains("pLDDT", ExcludedToken.Choose(unknown).Reason, StringComparison.Ordinal);
        Assert.Null(ExcludedToken.Choose(new TokenConfidence([500, 500], [0, 0])).Token);
        Assert.Null(ExcludedToken.Choose(new TokenConfidence([3, 2], [3, 2])).Token);
    }

    [Fact]
    public void Should_obey_the_user()
    {
        var counts = new TokenConfidence([1000, 900], [0, 800]);
        Assert.Null(ExcludedToken.Choose(counts, "none").Token);
        Assert.Equal(0, ExcludedToken.Choose(counts, "0").Token);
        var outside = Assert.Throws<ArgumentException>(() => ExcludedToken.Choose(counts, "2"));
        Assert.Contains("0 to 1", outside.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ExcludedToken.Choose(counts, "most"));
    }

    [Fact]
    public void Should_count_the_same_in_parts()
    {
        var (whole, part) = (new TokenConfidence(3), new TokenConfidence(3));
        whole.Add([0, 1, 1], [49.9f, 50, 90]);
        part.Add([2, 1], [float.NaN, 10]);
        whole.Add(part);
        Assert.Equal([1, 3, 0], whole.Known);
        Assert.Equal([1, 1, 0], whole.Low);
        Assert.Throws<ArgumentException>(() => whole.Add([3], [10]));
        Assert.Throws<ArgumentException>(() => whole.Add([0], []));
    }
}
