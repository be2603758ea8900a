using System.Diagnostics;
using Ism.Corpus;
using Ism.Structures;

namespace Ism.Benchmarks.Scale;

/// <summary>Listing, keeping and opening a catalogue, and the order of its samples.</summary>
internal static class CatalogueScale
{
    private const int ChunkSize = 256;
    private const int Batch = 512;
    private const int Steps = 200;

    public static void Run(long structures, string folder, Action<string, double, string> print)
    {
        // Columns lie outside the managed heap.
        var before = Environment.WorkingSet;
        var clock = Stopwatch.StartNew();
        var listed = Catalogue.Create(Entries(structures), ChunkSize);
        print("list and hash the catalogue", clock.Elapsed.TotalSeconds, "s");
        GC.Collect();
        print("process grown by listing", (Environment.WorkingSet - before) / 1048576.0, "MiB");
        clock.Restart();
        var path = listed.Save(folder, "scale");
        print("write the catalogue", clock.Elapsed.TotalSeconds, "s");
        print("catalogue on disk", new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) / 1048576.0, "MiB");
        clock.Restart();
        var catalogue = Catalogue.Open(path);
        print("open and check the catalogue", clock.Elapsed.TotalSeconds, "s");
        if (catalogue.Id != listed.Id)
        {
            throw new InvalidOperationException("the catalogue that was read is not the one that was written");
        }

        Order(catalogue, print);
    }

    private static void Order(Catalogue catalogue, Action<string, double, string> print)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        var order = new SampleOrder(catalogue.Count, ChunkSize, seed: 1, windowChunks: 64);
        var leases = order.ChunkOrder(0).Count;
        print("order of an epoch's chunks", clock.Elapsed.TotalMilliseconds, $"ms for {leases:#,0} chunks");
        clock.Restart();
        // As after a restart in the middle of an epoch.
        var first = catalogue.Count / 2 / Batch;
        order.Step(first, Batch);
        print("first step in the middle of an epoch", clock.Elapsed.TotalMilliseconds, "ms");
        clock.Restart();
        for (var step = first; step < first + Steps; step++)
        {
            order.Step(step, Batch);
        }

        print($"a step of {Batch} samples", clock.Elapsed.TotalMilliseconds / Steps, "ms");
        print("order in memory", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1048576.0, "MiB");
        GC.KeepAlive(order);
    }

    private static IEnumerable<StructureEntry> Entries(long structures)
    {
        for (var i = 0L; i < structures; i++)
        {
            // Names of AlphaFold's kind, in folders of ten thousand.
            yield return new StructureEntry($"/data/afdb/{i / 10_000:D5}/AF-Q{i:D8}-F1-model_v4.cif.gz", null, -1, 0, 120_000);
        }
    }
}
