using System.Globalization;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>Names of a checkpoint's folder and of what is in it.</summary>
internal static class CheckpointNames
{
    public const string Weights = "weights.safetensors";
    public const string Optimizer = "optimizer.safetensors";
    public const string State = "state.json";
    public const string Manifest = "manifest.json";

    /// <summary>A checkpoint that is being written, or whose writer was ended; followed by its name and a GUID.</summary>
    public const string WritingPrefix = ".writing-";

    /// <summary>A checkpoint that is being deleted.</summary>
    public const string RemovedPrefix = ".removed-";

    private const string Prefix = "step-";

    /// <summary>The files that a manifest names.</summary>
    public static IReadOnlyList<string> Files { get; } = [Weights, Optimizer, State];

    /// <summary>E.g. "step-00000100".</summary>
    public static string Of(long step) => Prefix + step.ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>The step of a name that <see cref="Of"/> makes; null for any other name.</summary>
    public static long? StepOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
        && Of(step) == name
            ? step
            : null;
}
