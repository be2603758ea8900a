using Ism.Corpus;
using Ism.GpuTrainer.Samples;
using Ism.Structures.Numerics;

namespace Ism.GpuTrainer.Tests.Samples;

public class SampleDigestTests
{
    // XXH64 of no bytes and of "a" with seed 0, as xxhsum prints them.
    private const ulong HashOfNothing = 0xEF46DB3751D8E999;
    private const ulong HashOfA = 0xD24EC4F1A98C6E5B;
    private static readonly FetchedSample[] Batch =
        [.. Enumerable.Range(0, 40).Select(i => new FetchedSample(Position(i * 31, (ulong)i * 77), new byte[i % 5 * 10]))];

    [Fact]
    public void Should_be_the_key_of_position_draw_key_and_payload()
    {
        Assert.Equal(CounterRandom.Key(9, 123, HashOfNothing), SampleDigest.Of(Position(9, 123), []));
        Assert.Equal(CounterRandom.Key(9, 123, HashOfA), SampleDigest.Of(Position(9, 123), "a"u8));
        Assert.Equal("00000000000000ff", SampleDigest.Text(255));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Should_add_up_alike_however_the_batch_is_shared_out(int world)
    {
        var whole = Batch.Aggregate(0UL, (sum, sample) => unchecked(sum + SampleDigest.Of(sample.Position, sample.Bytes.Span)));
        var shares = Enumerable.Range(0, world).Select(rank => SampleDigest.Of([.. Batch.Where((_, i) => i % world == rank)]));
        Assert.Equal(whole, shares.Aggregate(0UL, (sum, share) => unchecked(sum + share)));
    }

    [Fact]
    public void Should_change_with_every_sample()
    {
        var whole = SampleDigest.Of(Batch);
        for (var i = 0; i < Batch.Length; i++)
        {
            var sample = Batch[i];
            Assert.NotEqual(whole, With(i, sample with { Position = sample.Position with { DrawKey = 1 } }));
            Assert.NotEqual(whole, With(i, sample with { Position = sample.Position with { Position = 5 } }));
            Assert.NotEqual(whole, With(i, sample with { Bytes = new byte[] { 1 } }));
            Assert.NotEqual(whole, SampleDigest.Of([.. Batch[..i], .. Batch[(i + 1)..]]));
        }

        static ulong With(int i, FetchedSample other) => SampleDigest.Of([.. Batch[..i], other, .. Batch[(i + 1)..]]);
    }

    private static SamplePosition Position(long position, ulong key) => new(0, 0, position, 0, 0, key);
}
