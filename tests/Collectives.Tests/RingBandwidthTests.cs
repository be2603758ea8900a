using Ism.Collectives.Measurement;

namespace Ism.Collectives.Tests;

public class RingBandwidthTests
{
    [Theory]
    [InlineData(2, ElementType.Float32)]
    [InlineData(3, ElementType.BFloat16)]
    public void Should_measure_ring_and_loopback_over_the_same_bytes(int ranks, ElementType type)
    {
        const int bytes = 1_200_000;
        var measured = RingBandwidth.Measure(ranks, bytes, type, rounds: 2);
        Assert.Equal((ranks, (long)bytes, type), (measured.Ranks, measured.Bytes, measured.Type));
        Assert.Equal(2.0 * (ranks - 1) / ranks * bytes, measured.BusBytesPerSecond * measured.Seconds, 1.0);
        Assert.Equal(measured.BusBytesPerSecond / measured.LoopbackBytesPerSecond, measured.ShareOfLoopback);
        Assert.True(measured.Seconds > 0 && measured.LoopbackBytesPerSecond > 0, $"{measured}");
    }

    [Theory]
    [InlineData(1, 1000, 1)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1000, 0)]
    public void Should_refuse_what_cannot_be_measured(int ranks, long bytes, int rounds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RingBandwidth.Measure(ranks, bytes, rounds: rounds));
}
