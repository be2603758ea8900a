using Ism.Cli.Estimation;
using Ism.Structures;

namespace Ism.Cli.Tests.Estimation;

public class SourceSampleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(48)]
    [InlineData(49)]
    [InlineData(95)]
    [InlineData(96)]
    [InlineData(1000)]
    [InlineData(12_345)]
    public void Should_count_all_and_keep_some_evenly(int count)
    {
        const int Wanted = 48;
        var sample = SourceSample.Of(Enumerable.Range(0, count).Select(i => new StructureEntry($"{i:D6}", null, -1, 0, 1)), Wanted);
        Assert.Equal(count, sample.Count);
        Assert.Equal(Math.Min(count, Wanted), sample.Entries.Count);
        var places = sample.Entries.Select(e => int.Parse(e.Path, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(places.Distinct().Order(), places);
        // The middle of the sample lies in the middle of the listing.
        Assert.InRange(places.Average(), (count - 1) * 0.4, (count - 1) * 0.6);
    }
}
