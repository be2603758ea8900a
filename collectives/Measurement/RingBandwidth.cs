using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Measurement;

/// <summary>What an all-reduce over loopback reached, beside what loopback itself reaches. Bus bandwidth: the bytes that every rank
/// sends and receives in a ring all-reduce, 2 (W - 1) / W of the buffer, over the time; it does not depend on the number of
/// ranks where the wire is the limit.</summary>
/// <param name="Ranks">Ranks, each a thread of this process.</param>
/// <param name="Bytes">Bytes of the buffer.</param>
/// <param name="Type">Type of the elements.</param>
/// <param name="Seconds">Shortest time of an all-reduce.</param>
/// <param name="BusBytesPerSecond">Bus bandwidth of the ring.</param>
/// <param name="LoopbackBytesPerSecond">The same bytes pushed round the same ring of sockets, not looked at.</param>
/// <param name="CpuSeconds">Median processor time of an all-reduce, of all ranks together, the system's part included.</param>
/// <param name="LoopbackCpuSeconds">The same for loopback alone.</param>
public sealed record RingBandwidth(
    int Ranks,
    long Bytes,
    ElementType Type,
    double Seconds,
    double BusBytesPerSecond,
    double LoopbackBytesPerSecond,
    double CpuSeconds,
    double LoopbackCpuSeconds)
{
    /// <summary>Share of loopback's own bandwidth that is left after framing and adding up.</summary>
    public double ShareOfLoopback => BusBytesPerSecond / LoopbackBytesPerSecond;

    /// <summary>Processor time of loopback alone over that of the ring: what else the machine does hardly shows in it.</summary>
    public double ShareOfLoopbackCpu => LoopbackCpuSeconds / CpuSeconds;

    /// <summary>Measures both by turns in one run, so that what else the machine does strikes both alike; of each the shortest time,
    /// the least disturbed.</summary>
    /// <param name="ranks">At least 2.</param>
    /// <param name="bytes">Bytes of the buffer.</param>
    /// <param name="type">Type of the elements; sums.</param>
    /// <param name="rounds">Measured times of each; one more of each comes first.</param>
    /// <param name="tls">Makes the ring's links secret; loopback stays plain.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 2 ranks, or no bytes or rounds.</exception>
    public static unsafe RingBandwidth Measure(int ranks, long bytes, ElementType type = ElementType.Float32, int rounds = 7, RingTls? tls = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, type.Size());
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        var count = bytes / type.Size();
        var moved = 2 * (ranks - 1) * count * type.Size() / ranks;
        var (ring, loopback) = (new List<Lap>(), new List<Lap>());
        using var sockets = new LoopbackRing(ranks);
        using var together = new Barrier(ranks);
        var listeners = Enumerable.Range(0, ranks).Select(_ => new TcpRingListener("127.0.0.1", tls: tls)).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
        var group = Guid.NewGuid();
        LoopbackRing.OnThreads(ranks, rank =>
        {
            var buffer = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
            try
            {
                using var member = listeners[rank].Connect(
                    new() { Group = group, Generation = 1, Rank = rank, Endpoints = endpoints }, TimeSpan.FromMinutes(2));
                for (var round = 0; round <= rounds; round++)
                {
                    Time(loopback, rank == 0 && round > 0, together, () => sockets.Push(rank, buffer, bytes, moved));
                    Time(ring, rank == 0 && round > 0, together, () =>
                        member.AllReduce((nint)buffer, count, type, ReduceOp.Sum));
                }
            }
            finally
            {
                NativeMemory.Free(buffer);
            }
        });
        var seconds = ring.Min(lap => lap.Seconds);
        return new(
            ranks, bytes, type, seconds, moved / seconds, moved / loopback.Min(lap => lap.Seconds), MedianCpu(ring), MedianCpu(loopback));
    }

    private static void Time(List<Lap> times, bool keep, Barrier together, Action action)
    {
        together.SignalAndWait();
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        action();
        together.SignalAndWait();
        if (keep)
        {
            times.Add(new(Stopwatch.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds));
        }
    }

    private static double MedianCpu(List<Lap> laps) => laps.Select(lap => lap.Cpu).Order().ElementAt(laps.Count / 2);

    private readonly record struct Lap(double Seconds, double Cpu);
}
