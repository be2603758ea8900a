using System.Diagnostics;
using Ism.Structures;

namespace Ism.Corpus.Tests;

/// <summary>Time and memory at size; alone, because both are measured.</summary>
[Collection(nameof(SizeTests))]
[CollectionDefinition(nameof(SizeTests), DisableParallelization = true)]
public class SizeTests
{
    [Fact]
    public void Should_hold_a_hundred_thousand_entries_in_little_memory_across_runs()
    {
        const int Count = 150_000;
        using var folder = new TemporaryFolder();
        var saved = Catalogue.Create(Enumerable.Range(0, Count).Select(Alphafold), 256).Save(folder.Path, "large");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var opened = Catalogue.Open(saved);
        var managed = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.Equal(Count, opened.Count);
        Assert.All([0, 65_535, 65_536, Count - 1], position => Assert.Equal(Alphafold(position), opened.EntryOf(position)));
        Assert.InRange(managed, 0, Count * 100L);
        GC.KeepAlive(opened);
    }

    [Fact]
    public void Should_order_millions_of_positions_in_little_time_and_memory()
    {
        const long Count = 5_800_000;
        var order = new SampleOrder(Count, 256, 1, 16);
        var seen = new bool[Count];
        var watch = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (long step = 0; step * 1536 < Count; step++)
        {
            foreach (var sample in order.Step(step, 1536))
            {
                seen[sample.Position] |= sample.Epoch == 0;
            }
        }

        var allocatedPerSample = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Count;
        Assert.DoesNotContain(false, seen);
        Assert.InRange(allocatedPerSample, 0, 80);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
    }

    private static StructureEntry Alphafold(int index) => new($"/archive/proteomes/set-{index / 20_000}.tar",
        $"AF-A0A{index:X7}-F1-model_v4.cif.gz", index % 20_000, index * 2048L, 1500 + (index % 400));
}
