namespace Ism.Collectives.Tests;

public unsafe class BFloat16Tests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1003)]
    [InlineData(4, 300_007)]
    public void Should_sum_bfloat16_to_the_same_bits_within_the_bound(int world, int count)
    {
        var inputs = Enumerable.Range(0, world).Select(rank => Values(rank, count)).ToArray();
        var results = new ushort[world][];
        RingFixture.RunAll(world, group =>
        {
            var data = (ushort[])inputs[group.Rank].Clone();
            Reduce(group, data, ReduceOp.Sum);
            results[group.Rank] = data;
        });
        Assert.All(results, result => Assert.Equal(results[0], result));
        for (var i = 0; i < count; i++)
        {
            var exact = inputs.Sum(input => (double)Numbers.Single(input[i]));
            var bound = (world - 1) / 256.0 * inputs.Sum(input => Math.Abs((double)Numbers.Single(input[i])));
            Assert.Equal(exact, Numbers.Single(results[0][i]), bound);
        }
    }

    [Fact]
    public void Should_round_each_pair_as_the_plain_way_does()
    {
        // Every sign and exponent, ties, overflow into infinity, infinities and NaN, against each other.
        ushort[] values =
        [
            0x0000, 0x8000, 0x0001, 0x8001, 0x007f, 0x0080, 0x3f80, 0xbf80, 0x3f81, 0x3fff, 0x4000, 0x7f7f, 0xff7f, 0x7f80,
            0xff80, 0x7fc0, 0xffc1, 0x7f81, .. Values(5, 200),
        ];
        var (a, b) = (new ushort[values.Length * values.Length], new ushort[values.Length * values.Length]);
        for (var i = 0; i < a.Length; i++)
        {
            (a[i], b[i]) = (values[i / values.Length], values[i % values.Length]);
        }

        foreach (var op in (ReduceOp[])[ReduceOp.Sum, ReduceOp.Max, ReduceOp.Min])
        {
            RingFixture.RunAll(2, group =>
            {
                var data = (ushort[])(group.Rank == 0 ? a : b).Clone();
                Reduce(group, data, op);
                for (var i = 0; i < a.Length; i++)
                {
                    var (x, y) = (Numbers.Single(a[i]), Numbers.Single(b[i]));
                    var expected = op == ReduceOp.Sum ? x + y : op == ReduceOp.Max ? MathF.Max(x, y) : MathF.Min(x, y);
                    var got = Numbers.Single(data[i]);
                    Assert.True(
                        got.Equals(Numbers.Single(Numbers.BFloat16(expected))) || (float.IsNaN(got) && float.IsNaN(expected)),
                        $"{op} of {x} and {y}: {got}, not {expected} rounded");
                }
            });
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(70_003)]
    public void Should_round_and_widen_as_the_plain_way_does(int count)
    {
        var random = new Random(count);
        var singles = Enumerable.Range(0, count).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).ToArray();
        var (halves, widened) = (new ushort[count], new float[count]);
        BFloat16.Round(singles, halves);
        Assert.Equal(singles.Select(single => Numbers.BFloat16(single)), halves);
        BFloat16.Widen(halves, widened);
        Assert.Equal(halves.Select(Numbers.Single), widened);
        Assert.Throws<ArgumentException>(() => BFloat16.Round(singles, new ushort[count + 1]));
        Assert.Throws<ArgumentException>(() => BFloat16.Widen(halves, new float[count + 1]));
    }

    private static void Reduce(ICollectiveGroup group, ushort[] data, ReduceOp op)
    {
        fixed (ushort* pointer = data)
        {
            group.AllReduce((nint)pointer, data.Length, ElementType.BFloat16, op);
        }
    }

    private static ushort[] Values(int rank, int count)
    {
        var random = new Random(rank + 7);
        return [.. Enumerable.Range(0, count)
            .Select(_ => Numbers.BFloat16((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-8, 8))))];
    }
}
