using Ism.Collectives.Nccl;

namespace Ism.Collectives.Tests.Nccl;

/// <summary>The NCCL back end over the STAND-IN library: no GPU takes part.</summary>
[Collection(nameof(StandIn))]
public unsafe class NcclGroupTests
{
    public static TheoryData<int, ElementType, ReduceOp> Reductions
    {
        get
        {
            var cases = new TheoryData<int, ElementType, ReduceOp>();
            foreach (var world in (int[])[1, 2, 3, 5])
            {
                foreach (var type in Enum.GetValues<ElementType>().Except([ElementType.UInt8]))
                {
                    foreach (var op in (ReduceOp[])[ReduceOp.Sum, ReduceOp.Max, ReduceOp.Min])
                    {
                        cases.Add(world, type, op);
                    }
                }
            }

            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Reductions))]
    public void Should_reduce_device_memory_as_the_plain_reduction_does(int world, ElementType type, ReduceOp op)
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        const int count = 4099;
        var inputs = Enumerable.Range(0, world).Select(rank => Numbers.Of(rank, count)).ToArray();
        var expected = Enumerable.Range(0, count).Select(i => inputs.Select(input => input[i])).Select(values =>
            op == ReduceOp.Sum ? values.Sum() : op == ReduceOp.Max ? values.Max() : values.Min()).ToArray();
        NcclFixture.RunAll(world, group =>
        {
            using var data = DeviceArray<byte>.Of(Numbers.Encode(inputs[group.Rank], type));
            group.AllReduce(data.Address, count, type, op);
            var result = Numbers.Decode(data.Values, type);
            for (var i = 0; i < count; i++)
            {
                // The inputs are whole numbers below 2^7, so only a bfloat16 sum rounds.
                Assert.Equal(expected[i], result[i], type == ElementType.BFloat16 ? Math.Abs(expected[i]) / 128 : 0);
            }
        });
    }

    [SkippableTheory]
    [InlineData(2, 0)]
    [InlineData(4, 3)]
    public void Should_broadcast_device_memory_from_any_root(int world, int root)
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        NcclFixture.RunAll(world, group =>
        {
            using var data = DeviceArray<byte>.Of(Numbers.Encode(Numbers.Of(group.Rank, 1001), ElementType.Float32));
            group.Broadcast(data.Address, 1001, ElementType.Float32, root);
            Assert.Equal(Numbers.Of(root, 1001), Numbers.Decode(data.Values, ElementType.Float32));
        });
    }

    [SkippableFact]
    public void Should_gather_blocks_of_device_memory_in_rank_order()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        NcclFixture.RunAll(3, group =>
        {
            using var data = new DeviceArray<long>(6);
            data.Values[2 * group.Rank] = group.Rank;
            data.Values[(2 * group.Rank) + 1] = 10 * group.Rank;
            group.AllGather(data.Address, 2, ElementType.Int64);
            Assert.Equal([0, 0, 1, 10, 2, 20], data.Values);
        });
    }

    [SkippableFact]
    public void Should_carry_host_memory_and_barriers_over_the_ring()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        NcclFixture.RunAll(3, group =>
        {
            double[] host = [group.Rank, 1];
            group.AllReduce<double>(host);
            Assert.Equal([3, 3], host);
            Assert.Equal([0, 1, 2], group.AllGather<long>([group.Rank]));
            group.Broadcast<double>(host, 2);
            group.Barrier();
            group.AllReduce(0, 0, ElementType.Float32, ReduceOp.Sum);
        });
    }

    [SkippableFact]
    public void Should_come_after_what_was_queued_on_the_default_stream()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        NcclFixture.RunAll(2, group =>
        {
            using var data = new DeviceArray<float>(1000);
            for (var round = 1; round <= 3; round++)
            {
                StandIn.FillLater(group.Rank, data.Pointer, 1000, round * (group.Rank + 1), milliseconds: 60);
                group.AllReduce(data.Address, 1000, ElementType.Float32, ReduceOp.Sum);
                Assert.Equal([3 * round, 3 * round], (float[])[data.Values[0], data.Values[999]]);
            }
        });
    }

    [SkippableFact]
    public void Should_reduce_several_buffers_as_one_group_call()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        NcclFixture.RunAll(3, group =>
        {
            var arrays = Enumerable.Range(1, 20).Select(n => new DeviceArray<double>(n)).ToArray();
            foreach (var array in arrays)
            {
                array.Values.Fill(group.Rank + 1);
            }

            var buffers = arrays.Select(a => new DeviceBuffer(a.Address, a.Values.Length)).ToArray();
            group.AllReduce(buffers, ElementType.Float64, ReduceOp.Sum);
            Assert.All(arrays, array => Assert.Equal(array.Values.Length, array.Values.Count(6.0)));
            Array.ForEach(arrays, array => array.Dispose());
        });
    }

    [SkippableFact]
    public void Should_keep_many_operations_of_device_and_host_in_step()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        NcclFixture.RunAll(3, group =>
        {
            var random = new Random(11);
            using var data = new DeviceArray<long>(500);
            for (var i = 0; i < 200; i++)
            {
                data.Values.Fill(group.Rank + i);
                var count = random.Next(1, 500);
                if (random.Next(4) == 0)
                {
                    long[] host = [group.Rank];
                    group.AllReduce<long>(host);
                    Assert.Equal(3, host[0]);
                }

                group.AllReduce(data.Address, count, ElementType.Int64, ReduceOp.Sum);
                Assert.Equal(count, data.Values[..count].Count(3 + (3L * i)));
            }
        });
    }

    [SkippableFact]
    public void Should_refuse_to_reduce_bytes_and_to_broadcast_from_nowhere()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        NcclFixture.RunAll(2, group =>
        {
            using var data = new DeviceArray<byte>(4);
            Assert.Throws<NotSupportedException>(() => group.AllReduce(data.Address, 4, ElementType.UInt8, ReduceOp.Sum));
            Assert.Throws<ArgumentOutOfRangeException>(() => group.Broadcast(data.Address, 4, ElementType.UInt8, 2));
        });
    }
}

/// <summary>Tests that share the stand-in's state run one after the other.</summary>
[CollectionDefinition(nameof(StandIn), DisableParallelization = true)]
public class StandInTests;
