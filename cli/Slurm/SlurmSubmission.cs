using System.Globalization;

namespace Ism.Cli.Slurm;

/// <summary>Puts a job's scripts into Slurm's queue: coordinators, then what waits for them to begin.</summary>
/// <param name="commands">Slurm.</param>
/// <param name="plan">How the job is laid over the cluster.</param>
/// <param name="workspace">The job's workspace.</param>
/// <param name="scripts">Folder of the scripts.</param>
internal sealed class SlurmSubmission(SlurmCommands commands, SlurmPlan plan, string workspace, string scripts)
{
    /// <summary>Submits everything and keeps the ids in the workspace; submits nothing when one script is refused.</summary>
    /// <param name="note">Told what has which id.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="UsageException">Jobs of this workspace are in the queue already.</exception>
    /// <exception cref="SlurmException">Slurm refuses a script or is not there.</exception>
    public async Task<SlurmRecord> RunAsync(Action<string> note, CancellationToken cancel)
    {
        await RequireNoneAsync(cancel);
        ForgetLastCluster();
        var submitted = new List<string>();
        try
        {
            async Task<string> SubmitAsync(string script, string[] options, params string[] arguments)
            {
                var id = await commands.SubmitAsync(Path.Combine(scripts, script), options, arguments, cancel);
                submitted.Add(id);
                note($"{id}  {script}{string.Concat(arguments.Select(a => $" {a}"))}");
                return id;
            }

            var coordinators = new List<string>();
            for (var number = 0; number <= plan.Standbys; number++)
            {
                string[] time = plan.TimeOfCoordinator(number) is { } limit ? [$"--time={limit}"] : [];
                coordinators.Add(await SubmitAsync(SlurmScripts.Coordinator, time, number.ToString(CultureInfo.InvariantCulture)));
            }

            // Whoever began before the first coordinator would only wait for it, on machines that others could use.
            string[] later = [$"--dependency=after:{coordinators[0]}"];
            var trainers = await SubmitAsync(SlurmScripts.Trainers, later);
            var featurizers = await SubmitAsync(SlurmScripts.Featurizers, later);
            var record = new SlurmRecord(scripts, coordinators, [trainers], [featurizers]);
            record.Write(workspace);
            return record;
        }
        catch
        {
            if (submitted.Count > 0)
            {
                await commands.CancelAsync(submitted, CancellationToken.None);
                note($"nothing is left in the queue: {string.Join(", ", submitted)} taken out again");
            }

            throw;
        }
    }

    private async Task RequireNoneAsync(CancellationToken cancel)
    {
        if (SlurmRecord.TryRead(workspace) is not { } before)
        {
            return;
        }

        var there = (await commands.QueueAsync(before.All, cancel)).Where(j => !j.Completing).Select(j => j.Job).Distinct().ToList();
        if (there.Count > 0)
        {
            throw new UsageException($"{workspace} has jobs in Slurm's queue: {string.Join(", ", there)}; "
                + $"wait for them, change their number with `ism scale`, or take them out: scancel {string.Join(' ', there)}");
        }
    }

    // Addresses of nodes that are gone, and the word that the job is over, which would send new ones home.
    private void ForgetLastCluster()
    {
        var cluster = Path.Combine(workspace, "cluster");
        if (Directory.Exists(cluster))
        {
            Directory.Delete(cluster, recursive: true);
        }
    }
}
