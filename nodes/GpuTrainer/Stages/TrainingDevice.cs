using System.Globalization;
using Ism.Protocol.Jobs;
using TorchSharp;

namespace Ism.GpuTrainer.Stages;

/// <summary>Where a trainer computes.</summary>
public static class TrainingDevice
{
    /// <summary>Of one trainer: <c>cluster.trainerDevice</c> on a machine with <paramref name="there"/> CUDA devices that this build can use. Trainers
    /// are spread over them by number; one without a number takes the first.</summary>
    /// <param name="cluster">Settings of the cluster.</param>
    /// <param name="nodeId">The trainer's id, "trainer-NUMBER" where it has one.</param>
    /// <param name="there">CUDA devices.</param>
    /// <returns>Number of the device; null: the CPU.</returns>
    /// <exception cref="InvalidOperationException">CUDA is asked for and there is none.</exception>
    /// <exception cref="ArgumentException">The setting is none of those it may be.</exception>
    public static int? Number(ClusterOptions cluster, string nodeId, int there) => cluster.TrainerDevice switch
    {
        "cpu" => null,
        "auto" when there == 0 => null,
        "cuda" when there == 0 => throw new InvalidOperationException(
            "cluster.trainerDevice is cuda and this build finds no CUDA device here: build with -p:Torch=cuda or set LIBTORCH (docs/gpu.md), or "
            + "use --set cluster.trainerDevice=auto"),
        "auto" or "cuda" => OfTrainer(nodeId) % there,
        var other => throw new ArgumentException($"cluster.trainerDevice is '{other}'; use auto, cpu or cuda"),
    };

    /// <summary>As <see cref="Number"/>, of this machine.</summary>
    /// <exception cref="InvalidOperationException">As there.</exception>
    /// <exception cref="ArgumentException">As there.</exception>
    public static torch.Device Of(ClusterOptions cluster, string nodeId) =>
        Number(cluster, nodeId, torch.cuda.is_available() ? torch.cuda.device_count() : 0) is { } number
            ? torch.device($"cuda:{number}")
            : torch.CPU;

    private static int OfTrainer(string nodeId) =>
        int.TryParse(nodeId[(nodeId.LastIndexOf('-') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && nodeId.StartsWith("trainer-", StringComparison.Ordinal) && nodeId.IndexOf('-', StringComparison.Ordinal) == nodeId.LastIndexOf('-')
            ? number
            : 0;
}
