namespace Ism.Corpus.Tests;

public class TokenHistogramTests
{
    [Fact]
    public void Should_count_tokens_and_unfolded_residues()
    {
        var histogram = new TokenHistogram(4);
        histogram.Add([0, 1, 1, TokenRow.NoToken, 3], [90, 49, 50, 10, 20]);
        histogram.Add([1, 2], []);

        Assert.Equal([1, 3, 1, 1], histogram.Counts);
        Assert.Equal([0, 1, 0, 1], histogram.LowCounts);
        Assert.Equal(6, histogram.Total);
        Assert.Equal(1, histogram.MostFrequent);
        Assert.Equal(1 / 3.0, histogram.LowShare(1));
    }

    [Fact]
    public void Should_add_up_parts_to_the_whole()
    {
        ushort[] tokens = [0, 1, 2, 2, 1, 0, 0];
        byte[] plddt = [10, 60, 20, 70, 30, 80, 90];
        var whole = new TokenHistogram(3);
        whole.Add(tokens, plddt);
        var left = new TokenHistogram(3);
        left.Add(tokens.AsSpan(0, 3), plddt.AsSpan(0, 3));
        var right = new TokenHistogram(3);
        right.Add(tokens.AsSpan(3), plddt.AsSpan(3));
        left.Merge(new TokenHistogram(right.Counts, right.LowCounts));

        Assert.Equal(whole.Counts, left.Counts);
        Assert.Equal(whole.LowCounts, left.LowCounts);
    }

    [Fact]
    public void Should_refuse_tokens_of_another_codebook()
    {
        Assert.Contains("K = 4", Assert.Throws<ArgumentException>(() => new TokenHistogram(4).Add([4], [])).Message);
        Assert.Throws<ArgumentException>(() => new TokenHistogram(4).Merge(new TokenHistogram(5)));
        Assert.Throws<ArgumentException>(() => new TokenHistogram(4).Add([1, 2], [50]));
    }
}
