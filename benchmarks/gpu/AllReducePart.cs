using System.Diagnostics;
using Ism.Collectives;
using Ism.Collectives.Nccl;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.Benchmarks.Gpu;

/// <summary>
/// NCCL's all-reduce over all visible GPUs, a thread each, through the group that trainers use: bus bandwidth by size, and that the
/// sums are right. With one GPU there is nothing to send; then it shows that the library is found and what an operation costs.
/// </summary>
internal static class AllReducePart
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    public static IReadOnlyDictionary<string, double> Measure()
    {
        var library = NcclLibrary.Load();
        var driver = GpuDriver.Load();
        var world = driver.Devices.Count;
        var listeners = Enumerable.Range(0, world).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
        var numbers = new Dictionary<string, double> { ["allreduce.ranks"] = world, ["allreduce.nccl_version"] = library.Version };
        var problems = new Exception?[world];
        var threads = Enumerable.Range(0, world).Select(rank => new Thread(() =>
        {
            try
            {
                var ring = listeners[rank].Connect(
                    new() { Group = Guid.Empty, Generation = 1, Rank = rank, Endpoints = endpoints }, Deadline);
                using var group = NcclGroup.Open(ring, library, driver, rank, Deadline);
                Sizes(group, rank == 0 ? numbers : []);
            }
            catch (Exception problem)
            {
                problems[rank] = problem;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return problems.FirstOrDefault(problem => problem is not null) is { } first ? throw new AggregateException(first) : numbers;
    }

    private static void Sizes(NcclGroup group, Dictionary<string, double> numbers)
    {
        const int rounds = 20;
        foreach (var mebibytes in (int[])[1, 16, 64, 256, 1024])
        {
            using var scope = torch.NewDisposeScope();
            var buffer = torch.ones(mebibytes * (1L << 18), device: torch.device($"cuda:{group.Rank}"));
            var address = FlatParameters.Address(buffer);
            var count = buffer.NumberOfElements;
            group.AllReduce(address, count, ElementType.Float32, ReduceOp.Sum);
            var (least, most) = (buffer.min().item<float>(), buffer.max().item<float>());
            if (least != group.World || most != group.World)
            {
                throw new InvalidDataException($"the sum of {group.World} ones is {least} to {most} on rank {group.Rank}");
            }

            // A bfloat16 buffer of as many bytes: of zeros, which stay zeros.
            buffer.zero_();
            foreach (var (name, type, elements) in ((string, ElementType, long)[])[("fp32", ElementType.Float32, count),
                ("bf16", ElementType.BFloat16, 2 * count)])
            {
                group.Barrier();
                var clock = Stopwatch.StartNew();
                for (var i = 0; i < rounds; i++)
                {
                    group.AllReduce(address, elements, type, ReduceOp.Sum);
                }

                var seconds = clock.Elapsed.TotalSeconds / rounds;
                numbers[$"allreduce.{name}_{mebibytes}_mib_ms"] = 1e3 * seconds;
                numbers[$"allreduce.{name}_{mebibytes}_mib_bus_bytes_per_second"] =
                    2.0 * (group.World - 1) / group.World * mebibytes * (1 << 20) / seconds;
            }
        }
    }
}
