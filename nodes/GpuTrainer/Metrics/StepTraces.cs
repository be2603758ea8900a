using System.Diagnostics;
using Ism.Cluster.Telemetry;
using Ism.GpuTrainer.Stages;

namespace Ism.GpuTrainer.Metrics;

/// <summary>The spans of a step: <c>training.step</c>, and in it the wait for samples and each phase. Made when the step is over, from its
/// timings, so that they cost nothing while nobody traces.</summary>
internal static class StepTraces
{
    /// <summary>A completed step that has ended just now.</summary>
    public static void Completed(CompletedStep step, string stage, int rank, TimeSpan waited, TimeSpan elapsed)
    {
        if (!Instruments.Traces.HasListeners())
        {
            return;
        }

        var at = DateTimeOffset.UtcNow - elapsed - waited;
        Activity.Current = null;
        using var span = Instruments.Traces.StartActivity(
            "training.step", ActivityKind.Internal, default(ActivityContext),
            [new("ism.stage", stage), new("ism.step", step.Result.Step + 1), new("ism.rank", rank), new("ism.generation", step.Generation)],
            startTime: at);
        if (span is null)
        {
            return;
        }

        (string Phase, double Seconds)[] phases = [("fetch", waited.TotalSeconds), .. TrainerMetrics.PhasesOf(step.Result.Timings)];
        foreach (var (phase, seconds) in phases)
        {
            using var part = Instruments.Traces.StartActivity($"training.{phase}", ActivityKind.Internal, span.Context, startTime: at);
            at = at.AddSeconds(seconds);
            part?.SetEndTime(at.UtcDateTime);
        }
    }
}
