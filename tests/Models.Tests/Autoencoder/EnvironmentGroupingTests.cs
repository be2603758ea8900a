using Ism.Models.Autoencoder;
using Ism.Structures.Numerics;

namespace Ism.Models.Tests.Autoencoder;

public class EnvironmentGroupingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(2_000_000)]
    public void Should_place_every_environment_once_within_the_bound(long atomPairs)
    {
        var counts = Counts(700);
        var groups = EnvironmentGrouping.ByAtomCount(counts, atomPairs);
        Assert.Equal(Enumerable.Range(0, counts.Length), groups.SelectMany(group => group).Order());
        Assert.All(groups, group =>
        {
            long largest = Math.Max(1, group.Max(i => counts[i]));
            Assert.True(group.Length == 1 || group.Length * largest * largest <= atomPairs);
        });
    }

    [Fact]
    public void Should_pad_a_few_percent_of_a_step_and_less_of_a_chunk()
    {
        Assert.True(Waste(Counts(512)) < 0.03, $"{Waste(Counts(512)):p2}");
        Assert.True(Waste(Counts(20_000)) < 0.005, $"{Waste(Counts(20_000)):p2}");
    }

    [Fact]
    public void Should_give_no_group_for_nothing() => Assert.Empty(EnvironmentGrouping.ByAtomCount([], 100));

    private static double Waste(int[] counts)
    {
        var padded = EnvironmentGrouping.ByAtomCount(counts, 2_000_000)
            .Sum(group => (long)group.Length * group.Max(i => counts[i]));
        return 1 - (counts.Sum(count => (double)count) / padded);
    }

    /// <summary>Atom counts as heavy-atom microenvironments of 10 Å have them: about 60 to 200, a few empty.</summary>
    private static int[] Counts(int environments)
    {
        var random = new CounterRandom(12);
        return [.. Enumerable.Range(0, environments).Select(i => i % 97 == 0 ? 0 : 60 + random.NextInt32(140))];
    }
}
