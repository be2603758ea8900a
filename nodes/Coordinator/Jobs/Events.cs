using System.Globalization;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>Progress events from what the cluster reports.</summary>
internal static class Events
{
    /// <summary>A completed step.</summary>
    public static RunEvent Step(string stage, StepReport report, long stepsBefore, long totalSteps) => RunEvent.Now(
        RunEventKind.Progress, stage, stepsBefore + report.Step, totalSteps, "",
        new Dictionary<string, double>
        {
            ["loss"] = report.Loss,
            ["tokens/s"] = report.TokensPerSecond,
            ["waiting"] = report.Waiting,
        });

    /// <summary>Held-out metrics: shares of right predictions in the message, everything in the numbers.</summary>
    public static RunEvent Evaluation(EvaluationReport report)
    {
        var shares = Shares(".accuracy", "").Concat(Shares(".explained", " of the variance"));
        return RunEvent.Now(
            RunEventKind.Note, RunStages.Tuning, report.Step, 0, $"right on held-out structures after step {report.Step}: {string.Join(", ", shares)}",
            report.Metrics);

        IEnumerable<string> Shares(string ending, string of) => report.Metrics.Where(m => m.Key.EndsWith(ending, StringComparison.Ordinal))
            .Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key[..^ending.Length]} {m.Value:P1}{of}"));
    }

    /// <summary>Committed chunks of a work.</summary>
    public static RunEvent Chunks(string stage, LedgerProgress progress, string message = "", bool finished = false) => RunEvent.Now(
        finished ? RunEventKind.Finished : RunEventKind.Progress, stage, progress.Totals.Chunks, progress.Totals.TotalChunks, message,
        new Dictionary<string, double>
        {
            ["structures"] = progress.Totals.Structures,
            ["quarantined"] = progress.Totals.Quarantined,
            ["residues"] = progress.Totals.Residues,
        });
}
