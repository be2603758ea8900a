using System.Diagnostics;
using Ism.Collectives;

namespace Ism.Cli.Estimation;

/// <summary>What a ring of trainers costs: 2 (W - 1) / W of the bytes go through every link.</summary>
public static class RingBandwidth
{
    private const int Elements = 8 << 20;
    private const int Rounds = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Seconds of adding up a buffer over all ranks.</summary>
    /// <param name="bytes">Of the buffer.</param>
    /// <param name="world">Ranks.</param>
    /// <param name="bytesPerSecond">Of one link, one way.</param>
    public static double ReduceSeconds(long bytes, int world, double bytesPerSecond) =>
        2.0 * (world - 1) / world * bytes / bytesPerSecond;

    /// <summary>Bytes a second of a link of the ring over the loopback: two ranks in this process, the best of some rounds.</summary>
    public static double MeasureLoopback()
    {
        using var first = new TcpRingListener("127.0.0.1");
        using var second = new TcpRingListener("127.0.0.1");
        var membership = new RingMembership
        {
            Group = Guid.NewGuid(),
            Generation = 1,
            Rank = 0,
            Endpoints = [first.Endpoint, second.Endpoint],
        };
        var other = Task.Factory.StartNew(
            () => Rounded(second, membership with { Rank = 1 }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var seconds = Rounded(first, membership);
        other.Wait();
        return ReduceSeconds((long)Elements * sizeof(float), membership.World, 1) / seconds;
    }

    private static double Rounded(TcpRingListener listener, RingMembership membership)
    {
        using var group = listener.Connect(membership, Patience);
        var data = new float[Elements];
        var best = double.MaxValue;
        for (var round = 0; round <= Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            group.AllReduce<float>(data);
            best = round == 0 ? best : Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return best;
    }
}
