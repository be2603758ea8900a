using System.Diagnostics;
using Ism.Cluster.Telemetry;
using Ism.Protocol.Chunks;

namespace Ism.Featurizer.Metrics;

/// <summary>
/// The featurizer's spans of a chunk, below the lease's: <c>chunk.work</c>, and in it one for each phase. Structures are read, prepared and
/// encoded in turn, so a phase's span is as long as the phase took over all structures, one after the other, not when it was.
/// </summary>
internal static class ChunkTraces
{
    /// <summary>Begins the span of the work; null when nobody traces.</summary>
    public static Activity? Begin(ChunkWork work, int chunk, string parent)
    {
        if (!Instruments.Traces.HasListeners())
        {
            return null;
        }

        _ = ActivityContext.TryParse(parent, null, isRemote: true, out var context);
        return Instruments.Traces.StartActivity("chunk.work", ActivityKind.Consumer, context)
            ?.SetTag("ism.work", work.WorkId).SetTag("ism.chunk", chunk);
    }

    /// <summary>Ends it.</summary>
    public static void End(Activity? span, ChunkTimes times, Exception? problem)
    {
        if (span is null)
        {
            return;
        }

        var at = span.StartTimeUtc;
        foreach (var (phase, seconds) in times.All())
        {
            using var part = Instruments.Traces.StartActivity(
                $"chunk.{phase}", ActivityKind.Internal, span.Context, [new("ism.summed", true)], startTime: at);
            at = at.AddSeconds(seconds);
            part?.SetEndTime(at);
        }

        span.SetStatus(problem is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, problem?.Message).Dispose();
    }
}
