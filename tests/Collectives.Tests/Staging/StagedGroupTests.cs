using Ism.Collectives.Nccl;
using Ism.Collectives.Staging;
using Ism.Collectives.Tests.Nccl;

namespace Ism.Collectives.Tests.Staging;

/// <summary>The ring through pinned memory, over the STAND-IN for the driver: no GPU takes part. Members beyond those with a device have
/// their buffers in host memory.</summary>
[Collection(nameof(StandIn))]
public unsafe class StagedGroupTests
{
    private const int SegmentBytes = 4096;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [SkippableTheory]
    [InlineData(1, 1, 5000)]
    [InlineData(2, 2, 1)]
    [InlineData(3, 3, 20_001)]
    [InlineData(3, 1, 20_001)]
    [InlineData(3, 0, 20_001)]
    [InlineData(4, 2, 1024)]
    public void Should_reduce_what_is_in_any_memory_to_the_same_bits(int world, int devices, int count)
    {
        foreach (var type in (ElementType[])[ElementType.Float32, ElementType.BFloat16, ElementType.Int64])
        {
            var inputs = Enumerable.Range(0, world).Select(rank => Numbers.Of(rank, count)).ToArray();
            var results = new double[world][];
            RunAll(world, devices, group =>
            {
                using var data = new Memory(group.Rank < devices, Numbers.Encode(inputs[group.Rank], type));
                group.AllReduce(data.Address, count, type, ReduceOp.Sum);
                results[group.Rank] = Numbers.Decode(data.Values, type);
            });
            Assert.All(results, result => Assert.Equal(results[0], result));
            for (var i = 0; i < count; i++)
            {
                var exact = inputs.Sum(input => input[i]);
                var bound = type == ElementType.BFloat16 ? (world - 1) / 256.0 * inputs.Sum(input => Math.Abs(input[i])) : 0;
                Assert.Equal(exact, results[0][i], bound);
            }
        }
    }

    [SkippableTheory]
    [InlineData(2, 2, 0)]
    [InlineData(3, 3, 2)]
    [InlineData(3, 1, 0)]
    [InlineData(3, 1, 1)]
    public void Should_broadcast_from_any_root(int world, int devices, int root)
    {
        var expected = Numbers.Of(root, 5003);
        RunAll(world, devices, group =>
        {
            using var data = new Memory(group.Rank < devices, Numbers.Encode(Numbers.Of(group.Rank, 5003), ElementType.Float64));
            group.Broadcast(data.Address, 5003, ElementType.Float64, root);
            Assert.Equal(expected, Numbers.Decode(data.Values, ElementType.Float64));
        });
    }

    [SkippableTheory]
    [InlineData(2, 2, 1)]
    [InlineData(3, 3, 1400)]
    [InlineData(3, 2, 1400)]
    public void Should_gather_blocks_in_rank_order(int world, int devices, int count)
    {
        var expected = Enumerable.Range(0, world).SelectMany(rank => Numbers.Of(rank, count)).ToArray();
        RunAll(world, devices, group =>
        {
            var mine = new double[world * count];
            Numbers.Of(group.Rank, count).CopyTo(mine, group.Rank * count);
            using var data = new Memory(group.Rank < devices, Numbers.Encode(mine, ElementType.Float32));
            group.AllGather(data.Address, count, ElementType.Float32);
            Assert.Equal(expected, Numbers.Decode(data.Values, ElementType.Float32));
        });
    }

    [SkippableFact]
    public void Should_come_after_what_was_queued_and_carry_host_memory_between()
    {
        RunAll(2, 2, group =>
        {
            using var data = new Memory(true, new byte[4 * 5000]);
            for (var round = 1; round <= 3; round++)
            {
                StandIn.FillLater(group.Rank, (float*)data.Address, 5000, round * (group.Rank + 1), milliseconds: 40);
                group.AllReduce(data.Address, 5000, ElementType.Float32, ReduceOp.Sum);
                Assert.All(Numbers.Decode(data.Values, ElementType.Float32), value => Assert.Equal(3 * round, value));
                long[] host = [group.Rank];
                group.AllReduce<long>(host);
                Assert.Equal(1, host[0]);
                group.Barrier();
            }

            Assert.Throws<NotSupportedException>(() => group.AllReduce(data.Address, 4, ElementType.UInt8, ReduceOp.Sum));
            group.AllReduce(0, 0, ElementType.Float32, ReduceOp.Sum);
        });
    }

    [Fact]
    public void Should_fetch_ahead_of_the_ring_and_return_behind_it()
    {
        var copies = new RecordedCopies(slots: 3, slotBytes: 64);
        using (var group = new StagedGroup(new SingleMember(), copies, _ => true, Deadline, segmentBytes: 64))
        {
            using var data = new Memory(false, Numbers.Encode(Numbers.Of(1, 5 * 8), ElementType.Int64));
            group.AllReduce(data.Address, 5 * 8, ElementType.Int64, ReduceOp.Sum);
            Assert.Equal(Numbers.Of(1, 5 * 8), Numbers.Decode(data.Values, ElementType.Int64));
        }

        // Five segments, three slots: two copies are always queued before the host waits for the next one.
        Assert.Equal(
            ["begin", "fetch 0", "fetch 1", "fetch 2", "wait 0", "return 0", "fetch 0", "wait 1", "return 1", "fetch 1", "wait 2", "return 2",
                "wait 0", "return 0", "wait 1", "return 1", "end"],
            copies.Log);
        Assert.True(copies.IsDisposed);
    }

    [SkippableTheory]
    [InlineData(false, 1)]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    public void Should_end_on_all_ranks_when_a_copy_fails_or_stands_still(bool stalls, int at)
    {
        var path = StandIn.Fresh();
        StandIn.Fail(1, stalls ? StandInFault.CopyStall : StandInFault.CopyError, at);
        var problems = Run(path, 3, 3, TimeSpan.FromSeconds(1), group =>
        {
            using var data = new Memory(true, new byte[4 * 20_000]);
            group.AllReduce(data.Address, 20_000, ElementType.Float32, ReduceOp.Sum);
        });
        Assert.All(problems, problem => Assert.IsType<CollectiveException>(problem));
        Assert.Contains(stalls ? "stands still" : "copying to the", problems[1]!.Message);
        Assert.All(problems, problem => Assert.Equal(1, ((CollectiveException)problem!).Peer));
    }

    [SkippableFact]
    public void Should_end_when_a_member_aborts_and_stay_ended()
    {
        var path = StandIn.Fresh();
        var problems = Run(path, 2, 2, Deadline, group =>
        {
            using var data = new Memory(true, new byte[4 * 20_000]);
            if (group.Rank == 1)
            {
                group.Abort("enough");
            }

            var first = Assert.Throws<CollectiveException>(() => group.AllReduce(data.Address, 20_000, ElementType.Float32, ReduceOp.Sum));
            Assert.Contains("enough", first.Message);
            Assert.Throws<CollectiveException>(() => group.AllReduce(data.Address, 20_000, ElementType.Float32, ReduceOp.Sum));
            Assert.Throws<CollectiveException>(group.Barrier);
        });
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
        StandIn.AssertClean();
    }

    private static void RunAll(int world, int devices, Action<StagedGroup> body)
    {
        var failed = Run(StandIn.Fresh(), world, devices, Deadline, body).FirstOrDefault(problem => problem is not null);
        Assert.True(failed is null, failed?.ToString());
        StandIn.AssertClean();
    }

    private static Exception?[] Run(string path, int world, int devices, TimeSpan deadline, Action<StagedGroup> body)
    {
        var rings = RingFixture.Join(world, deadline);
        return RingFixture.OnThreads(world, rank =>
        {
            using var group = StagedGroup.Open(
                rings[rank], rank < devices ? GpuDriver.Load(path) : null, rank, deadline, SegmentBytes);
            body(group);
        });
    }

    private sealed class Memory : IDisposable
    {
        private readonly DeviceArray<byte>? _device;
        private readonly byte[]? _host;

        public Memory(bool onDevice, byte[] values)
        {
            _device = onDevice ? DeviceArray<byte>.Of(values) : null;
            if (!onDevice)
            {
                _host = GC.AllocateArray<byte>(values.Length, pinned: true);
                values.CopyTo(_host, 0);
            }

            Address = _device?.Address ?? (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _host![0]);
        }

        public nint Address { get; }

        public ReadOnlySpan<byte> Values => _device is null ? _host : _device.Values;

        public void Dispose() => _device?.Dispose();
    }

    // Copies host memory at once and writes down what it was asked for.
    private sealed class RecordedCopies(int slots, int slotBytes) : IStagingCopies
    {
        private readonly byte[] _memory = GC.AllocateArray<byte>(slots * slotBytes, pinned: true);

        public List<string> Log { get; } = [];

        public bool IsDisposed { get; private set; }

        public int Slots => slots;

        public nint Slot(int slot) => (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _memory[slot * slotBytes]);

        public void Begin() => Log.Add("begin");

        public void Fetch(int slot, long offset, nint from, long bytes) =>
            Buffer.MemoryCopy((void*)from, (byte*)Slot(slot) + offset, slotBytes, bytes);

        public void EndFetch(int slot) => Log.Add($"fetch {slot}");

        public bool IsFetched(int slot)
        {
            Log.Add($"wait {slot}");
            return true;
        }

        public void Return(int slot, long offset, nint to, long bytes) => Buffer.MemoryCopy((byte*)Slot(slot) + offset, (void*)to, bytes, bytes);

        public void EndReturn(int slot) => Log.Add($"return {slot}");

        public void End() => Log.Add("end");

        public bool IsIdle() => true;

        public void Dispose() => IsDisposed = true;
    }
}
