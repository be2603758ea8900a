using Ism.Collectives.Measurement;

namespace Ism.Cli.Benchmarks;

/// <summary>The ring's all-reduce between two ranks of this process over the loopback, beside the loopback alone.</summary>
public sealed class AllReduceMeasurement : IMeasurement
{
    private const int Ranks = 2;
    private const int Bytes = 64 << 20;

    // Of a round, on a machine of a few years; only decides how many there are.
    private const double RoundSeconds = 0.2;

    /// <inheritdoc/>
    public string Name => "allreduce";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Reading>> RunAsync(double seconds, Action<string> say, CancellationToken cancel) => Task.Run(() =>
    {
        say($"adds up {Bytes >> 20} MiB of two ranks");
        var measured = RingBandwidth.Measure(Ranks, Bytes, rounds: Math.Max(2, (int)(seconds / RoundSeconds)));
        return (IReadOnlyList<Reading>)
        [
            new("allreduce.bytes_per_second", measured.BusBytesPerSecond, "bytes/s each way, 64 MiB of float32 over 2 ranks"),
            new("loopback.bytes_per_second", measured.LoopbackBytesPerSecond, "bytes/s each way of plain sockets, same bytes and run"),
            new("allreduce.share_of_loopback", measured.ShareOfLoopback, "the first as a share of the second"),
        ];
    }, cancel);
}
