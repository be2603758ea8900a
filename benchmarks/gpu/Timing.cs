using System.Diagnostics;
using TorchSharp;

namespace Ism.Benchmarks.Gpu;

/// <summary>Times what is queued on a device.</summary>
internal static class Timing
{
    private const int Rounds = 5;

    /// <summary>Seconds of one call: the best of five rounds of as many calls as fill a fifth of a second, after one to warm up.</summary>
    public static double Best(torch.Device device, Action body)
    {
        Once(device, body, 1);
        var calls = (int)Math.Clamp(0.2 / Math.Max(Once(device, body, 1), 1e-6), 1, 200);
        return Enumerable.Range(0, Rounds).Min(_ => Once(device, body, calls) / calls);
    }

    private static double Once(torch.Device device, Action body, int calls)
    {
        Finish(device);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < calls; i++)
        {
            using var scope = torch.NewDisposeScope();
            body();
        }

        Finish(device);
        return clock.Elapsed.TotalSeconds;
    }

    private static void Finish(torch.Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize(device);
        }
    }
}
