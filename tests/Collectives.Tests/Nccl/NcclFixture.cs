using Ism.Collectives.Nccl;

namespace Ism.Collectives.Tests.Nccl;

/// <summary>Ranks in one process over the stand-in, each on a thread and a "device" of its own.</summary>
internal static class NcclFixture
{
    /// <summary>Opens a group and runs <paramref name="body"/> on each rank; what a rank throws, also in opening, is its
    /// result.</summary>
    public static Exception?[] Run(int world, Action<NcclGroup> body, TimeSpan? deadline = null, long generation = 3)
    {
        var path = StandInPath;
        var patience = deadline ?? RingFixture.Patience;
        var rings = RingFixture.Join(world, patience, generation);
        return RingFixture.OnThreads(world, rank =>
        {
            using var group = NcclGroup.Open(
                rings[rank], NcclLibrary.Load(path), GpuDriver.Load(path), device: rank, patience);
            body(group);
        });
    }

    /// <summary>As <see cref="Run"/>, where no rank may throw and no rule may be broken.</summary>
    public static void RunAll(int world, Action<NcclGroup> body, long generation = 3)
    {
        var failed = Run(world, body, generation: generation).FirstOrDefault(problem => problem is not null);
        Assert.True(failed is null, failed?.ToString());
        StandIn.AssertClean();
    }

    /// <summary>Set by each test from <see cref="StandIn.Fresh"/>.</summary>
    public static string StandInPath { get; set; } = "";
}
