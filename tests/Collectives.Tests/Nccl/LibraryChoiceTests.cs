using System.Runtime.InteropServices;
using Ism.Collectives.Nccl;
using Ism.Collectives.Staging;

namespace Ism.Collectives.Tests.Nccl;

/// <summary>Which library is taken, and what is said where none is; NCCL's part is the STAND-IN's.</summary>
[Collection(nameof(StandIn))]
public class LibraryChoiceTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Fact]
    public void Should_say_what_is_missing_and_how_to_name_it()
    {
        var nccl = Assert.Throws<LibraryUnavailableException>(() => NcclLibrary.Load("/nowhere/libnccl.so.2"));
        Assert.Contains("/nowhere/libnccl.so.2", nccl.Message);
        Assert.Contains(NcclLibrary.Variable, nccl.Message);
        var driver = Assert.Throws<LibraryUnavailableException>(() => GpuDriver.Load("/nowhere/libcuda.so.1"));
        Assert.Contains("/nowhere/libcuda.so.1", driver.Message);
        Assert.Contains(GpuDriver.Variable, driver.Message);
    }

    [SkippableFact]
    public void Should_refuse_a_library_that_is_another_one()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "opens the C library of Linux");
        var refused = Assert.Throws<LibraryUnavailableException>(() => NcclLibrary.Load("libc.so.6"));
        Assert.Contains("ncclGetVersion", refused.Message);
    }

    [SkippableTheory]
    [InlineData(21_703, "2.17.3")]
    [InlineData(2_708, "2.7.8")]
    public void Should_refuse_a_version_that_is_too_old(int version, string text)
    {
        var path = StandIn.Fresh(version);
        var refused = Assert.Throws<LibraryUnavailableException>(() => NcclLibrary.Load(path));
        Assert.Contains(text, refused.Message);
        Assert.Contains("2.18", refused.Message);
    }

    [SkippableFact]
    public void Should_tell_version_and_devices()
    {
        var path = StandIn.Fresh();
        Assert.Equal(("2.27.5", path), (NcclLibrary.Load(path).VersionText, NcclLibrary.Load(path).Name));
        var driver = GpuDriver.Load(path);
        Assert.Equal("12.8", driver.VersionText);
        Assert.Equal(("9.0", 1L << 30), (driver.Devices[3].Capability, driver.Devices[3].Bytes));
        Assert.Contains("stand-in", driver.Devices[3].Name);
    }

    [SkippableTheory]
    [InlineData(CollectiveChoice.Auto, typeof(NcclGroup))]
    [InlineData(CollectiveChoice.Nccl, typeof(NcclGroup))]
    [InlineData(CollectiveChoice.Ring, typeof(StagedGroup))]
    public void Should_take_nccl_where_every_member_has_it(CollectiveChoice choice, Type kind)
    {
        var path = StandIn.Fresh();
        var problems = Open(choice, rank => (path, rank), (group, log) =>
        {
            Assert.IsType(kind, group);
            Assert.Contains(choice == CollectiveChoice.Ring ? "pinned host memory" : "NCCL 2.27.5", log);
            long[] sum = [group.Rank];
            group.AllReduce<long>(sum);
            Assert.Equal(3, sum[0]);
        });
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
        StandIn.AssertClean();
    }

    [SkippableFact]
    public void Should_take_the_ring_on_all_where_one_member_lacks_nccl()
    {
        var path = StandIn.Fresh();
        var problems = Open(CollectiveChoice.Auto, rank => (rank == 1 ? "/nowhere/libnccl.so.2" : path, rank), (group, log) =>
        {
            Assert.IsType<StagedGroup>(group);
            Assert.Contains(group.Rank == 1 ? "/nowhere/libnccl.so.2" : "rank 1", log);
        });
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
    }

    [SkippableFact]
    public void Should_take_the_ring_among_cpus_without_a_word()
    {
        var path = StandIn.Fresh();
        var problems = Open(CollectiveChoice.Auto, _ => (path, null), (group, log) =>
        {
            Assert.IsType<TcpRing>(group);
            Assert.Empty(log);
        });
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
    }

    [SkippableFact]
    public void Should_take_the_ring_on_all_where_versions_differ()
    {
        var (path, newer) = (StandIn.Fresh(), StandIn.FreshHip(22_807));
        var problems = Open(CollectiveChoice.Auto, rank => (rank == 2 ? newer : path, rank), (group, log) =>
        {
            Assert.IsType<StagedGroup>(group);
            Assert.Contains("rank 2", log);
            Assert.Contains("22807", log);
        });
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
    }

    [SkippableFact]
    public unsafe void Should_reach_rccl_and_hip_by_the_same_door()
    {
        var path = StandIn.FreshHip();
        var driver = GpuDriver.Load(path);
        Assert.Equal(("6.2", "", 1L << 30), (driver.VersionText, driver.Devices[1].Capability, driver.Devices[1].Bytes));
        var allocate = (delegate* unmanaged[Cdecl]<nint*, nuint, int>)NativeLibrary.GetExport(NativeLibrary.Load(path), "hipMalloc");
        var rings = RingFixture.Join(2, Deadline);
        var problems = RingFixture.OnThreads(2, rank =>
        {
            using var group = NcclGroup.Open(rings[rank], NcclLibrary.Load(path), GpuDriver.Load(path), rank, Deadline);
            nint data;
            allocate(&data, 4 * sizeof(float));
            var values = new Span<float>((void*)data, 4);
            values.Fill(rank + 1);
            group.AllReduce(data, 4, ElementType.Float32, ReduceOp.Sum);
            Assert.Equal([3, 3, 3, 3], values);
        });
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
    }

    [SkippableFact]
    public void Should_refuse_on_all_where_nccl_is_asked_for_and_one_computes_on_the_cpu()
    {
        var path = StandIn.Fresh();
        var problems = Open(CollectiveChoice.Nccl, rank => (path, rank == 2 ? null : rank), (_, _) => Assert.Fail("was opened"));
        Assert.All(problems, problem => Assert.Contains(
            "cluster.collectives is nccl", Assert.IsType<LibraryUnavailableException>(problem).Message));
        Assert.Contains("on the CPU", problems[2]!.Message);
        Assert.Contains("rank 2", problems[0]!.Message);
    }

    private static Exception?[] Open(
        CollectiveChoice choice, Func<int, (string Nccl, int? Device)> has, Action<ICollectiveGroup, string> body)
    {
        var listeners = Enumerable.Range(0, 3).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
        return RingFixture.OnThreads(3, rank =>
        {
            var log = "";
            using var group = CollectiveGroups.Open(
                listeners[rank],
                new() { Group = Guid.Empty, Generation = 1, Rank = rank, Endpoints = endpoints },
                new()
                {
                    Choice = choice,
                    Deadline = Deadline,
                    Device = has(rank).Device,
                    NcclLibrary = has(rank).Nccl,
                    GpuDriverLibrary = StandIn.Fresh(),
                    Log = line => log += line,
                });
            body(group, log);
        });
    }
}
