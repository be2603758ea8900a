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

    /// <summary>Committed chunks of a work.</summary>
    public static RunEvent Chunks(string stage, LedgerProgress progress, string message = "") => RunEvent.Now(
        RunEventKind.Progress, stage, progress.Totals.Chunks, progress.Totals.TotalChunks, message,
        new Dictionary<string, double>
        {
            ["structures"] = progress.Totals.Structures,
            ["quarantined"] = progress.Totals.Quarantined,
            ["residues"] = progress.Totals.Residues,
        });
}
