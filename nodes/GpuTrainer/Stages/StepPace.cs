using System.Diagnostics;
using System.Globalization;

namespace Ism.GpuTrainer.Stages;

/// <summary>
/// Slows steps down, for tests: with the variable <c>ISM_STEP_MILLISECONDS</c> a step takes at least so long, so that what is done to a
/// run in the middle of a small model's training happens in its middle on a fast machine too. Without it nothing waits.
/// </summary>
internal static class StepPace
{
    /// <summary>The variable.</summary>
    public const string Variable = "ISM_STEP_MILLISECONDS";

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(
        double.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var given) && given > 0 ? given : 0);

    /// <summary>Waits for the rest of a step that has taken as long as the clock says.</summary>
    public static void Keep(Stopwatch step, CancellationToken cancel)
    {
        var rest = Least - step.Elapsed;
        if (rest > TimeSpan.Zero)
        {
            cancel.WaitHandle.WaitOne(rest);
        }
    }
}
