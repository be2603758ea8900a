using System.Text.Json;
using Ism.Cluster.Hosting;
using Ism.Corpus;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verification;

/// <summary>
/// Checks from outside what a finished job promises: reads journal, token files, step log and checkpoints of its workspace and works out
/// again what must be in them.
/// </summary>
internal static class RunVerifier
{
    /// <summary>Stage whose steps are checked.</summary>
    public const string Stage = "structure-tuning";

    /// <summary>Relative difference of losses taken for rounding when none is given.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>Checks a workspace, against an undisturbed run of the same job if one is given.</summary>
    /// <exception cref="IOException">The workspace cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file of it is damaged.</exception>
    public static async Task<IReadOnlyList<Finding>> CheckAsync(
        string folder, string? undisturbed, double tolerance, CancellationToken cancel)
    {
        var workspace = new Workspace(Path.GetFullPath(folder));
        var job = JournalVariable.Over(workspace.ReadJob());
        var journal = await JournalReader.ReadAsync(workspace, job, cancel);
        var findings = new List<Finding>();
        var roles = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(workspace.At(Workspace.Catalogues, "roles.json")))!;
        var tokens = "";
        foreach (var role in ((string[])["heldout", "corpus"]).Where(roles.ContainsKey))
        {
            var catalogue = Catalogue.Open(workspace.At(Workspace.Catalogues, roles[role]));
            tokens = Directory.EnumerateDirectories(workspace.At(Workspace.Tokens), $"{roles[role]}-*").Single();
            findings.AddRange(TokenAccounts.Check(tokens, catalogue, journal, Path.GetFileName(tokens)));
        }

        var log = StepLog.Read(workspace.At(Workspace.Metrics), Stage);
        findings.AddRange(StepChecks.Samples(
            job, Stage, Catalogue.Open(workspace.At(Workspace.Catalogues, roles["corpus"])), tokens, log));
        if (undisturbed is not null)
        {
            findings.Add(StepChecks.Curve(log, StepLog.Read(Path.Combine(undisturbed, Workspace.Metrics), Stage), tolerance));
        }

        findings.Add(Checkpoints(workspace, job));
        return findings;
    }

    private static Finding Checkpoints(Workspace workspace, JobOptions job)
    {
        var good = new CheckpointStore(workspace.At(Workspace.Checkpoints), job.Tuning.KeepCheckpoints).All(out var rejected);
        return new Finding(
            "every checkpoint in sight is complete",
            good.Count > 0 && rejected.Count == 0,
            rejected.Count > 0 ? string.Join("; ", rejected.Take(3).Select(r => $"{r.Folder}: {r.Reason}"))
                : good.Count == 0 ? "there is none" : $"{good.Count}, the newest of step {good[0].Step}");
    }
}
