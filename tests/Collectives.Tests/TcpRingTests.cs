using System.Collections.Concurrent;

namespace Ism.Collectives.Tests;

public class TcpRingTests
{
    public static TheoryData<int, int> Sizes
    {
        get
        {
            var sizes = new TheoryData<int, int>();
            foreach (var world in (int[])[1, 2, 3, 4, 5])
            {
                foreach (var count in (int[])[0, 1, 3, 7, 1001, 200_003])
                {
                    sizes.Add(world, count);
                }
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Should_sum_to_the_same_bits_on_every_rank(int world, int count)
    {
        var results = new ConcurrentDictionary<int, float[]>();
        RingFixture.RunAll(world, group =>
        {
            var data = Values(group.Rank, count);
            group.AllReduce<float>(data);
            results[group.Rank] = data;
        });

        var inputs = Enumerable.Range(0, world).Select(rank => Values(rank, count)).ToArray();
        for (var i = 0; i < count; i++)
        {
            var expected = inputs.Sum(input => (double)input[i]);
            Assert.Equal(expected, results[0][i], world * 1e-6);
        }

        Assert.All(results.Values, result => Assert.Equal(results[0], result));
    }

    [Fact]
    public void Should_give_the_same_bits_when_it_runs_again()
    {
        var runs = Enumerable.Range(0, 2).Select(_ =>
        {
            var result = Array.Empty<double>();
            RingFixture.RunAll(3, group =>
            {
                var data = Array.ConvertAll(Values(group.Rank, 70_001), value => value / 3.0);
                group.AllReduce<double>(data);
                if (group.Rank == 2)
                {
                    result = data;
                }
            });
            return result;
        }).ToArray();
        Assert.Equal(runs[0], runs[1]);
    }

    [Theory]
    [InlineData(ReduceOp.Max)]
    [InlineData(ReduceOp.Min)]
    public void Should_reduce_by_maximum_and_minimum(ReduceOp op) => RingFixture.RunAll(3, group =>
    {
        long[] whole = [group.Rank, -group.Rank, 7, long.MaxValue - group.Rank];
        double[] real = [group.Rank == 1 ? double.NaN : 1, group.Rank];
        group.AllReduce<long>(whole, op);
        group.AllReduce<double>(real, op);
        Assert.Equal(op == ReduceOp.Max ? [2, 0, 7, long.MaxValue] : [0, -2, 7, long.MaxValue - 2], whole);
        Assert.Equal([double.NaN, op == ReduceOp.Max ? 2 : 0], real);
    });

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(5, 4)]
    public void Should_broadcast_from_any_root(int world, int root) => RingFixture.RunAll(world, group =>
    {
        foreach (var count in (int[])[0, 1, 300_001])
        {
            var data = Values(group.Rank, count);
            group.Broadcast<float>(data, root);
            Assert.Equal(Values(root, count), data);
        }
    });

    [Fact]
    public void Should_gather_blocks_in_rank_order() => RingFixture.RunAll(4, group =>
    {
        Assert.Equal([0, 0, 1, 10, 2, 20, 3, 30], group.AllGather<long>([group.Rank, group.Rank * 10L]));
        var bytes = new byte[100_003];
        bytes.AsSpan().Fill((byte)group.Rank);
        var all = group.AllGather<byte>(bytes);
        Assert.All(Enumerable.Range(0, 4), rank => Assert.True(all.AsSpan(rank * bytes.Length, bytes.Length).Count((byte)rank)
            == bytes.Length));
    });

    [Fact]
    public void Should_hold_every_rank_at_a_barrier_until_the_last_has_entered()
    {
        var entered = 0;
        RingFixture.RunAll(4, group =>
        {
            for (var round = 1; round <= 20; round++)
            {
                Interlocked.Increment(ref entered);
                group.Barrier();
                Assert.True(Volatile.Read(ref entered) >= 4 * round);
                group.Barrier();
            }
        });
    }

    [Fact]
    public void Should_keep_many_operations_of_different_kinds_in_step() => RingFixture.RunAll(3, group =>
    {
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var data = new long[random.Next(0, 5000)];
            data.AsSpan().Fill(group.Rank + 1);
            var root = random.Next(3);
            if (random.Next(2) == 0)
            {
                group.AllReduce<long>(data);
                Assert.All(data, value => Assert.Equal(6, value));
            }
            else
            {
                group.Broadcast<long>(data, root);
                Assert.All(data, value => Assert.Equal(root + 1, value));
            }
        }
    });

    [Fact]
    public void Should_refuse_to_reduce_bytes() => RingFixture.RunAll(2, group =>
        Assert.Throws<NotSupportedException>(() => group.AllReduce<byte>(new byte[4])));

    private static float[] Values(int rank, int count)
    {
        var random = new Random(rank + 100);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
