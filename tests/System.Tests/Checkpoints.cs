using System.Globalization;
using System.Text.RegularExpressions;

namespace Ism.System.Tests;

/// <summary>The checkpoints of structure-tuning in a workspace.</summary>
internal static partial class Checkpoints
{
    /// <summary>A checkpoint's folder.</summary>
    public static string PathOf(string workspace, long step) =>
        Path.Combine(workspace, "checkpoints", string.Create(CultureInfo.InvariantCulture, $"step-{step:D8}"));

    /// <summary>Steps with a checkpoint, the newest first.</summary>
    public static IReadOnlyList<long> Steps(string workspace)
    {
        var folder = Path.Combine(workspace, "checkpoints");
        return !Directory.Exists(folder) ? [] :
            [.. Directory.EnumerateDirectories(folder, "step-*").Select(StepOf).OfType<long>().OrderDescending()];
    }

    /// <summary>The step that a message about a checkpoint names.</summary>
    public static long StepIn(string message)
    {
        var match = Named().Match(message);
        Assert.True(match.Success, $"no checkpoint is named: {message}");
        return long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static long? StepOf(string path) => long.TryParse(
        Path.GetFileName(path)["step-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;

    [GeneratedRegex(@"checkpoint after step (\d+) is written")]
    private static partial Regex Named();
}
