using System.Diagnostics;

namespace Ism.Cli.Processes;

/// <summary>Has Slurm queue the surrounding job again, once its time limit's signal has been answered with a checkpoint.</summary>
internal static class SlurmRequeue
{
    /// <summary>Slurm's variable with the job's id; absent outside Slurm.</summary>
    public const string JobVariable = "SLURM_JOB_ID";

    /// <summary>Asks for it; does nothing outside Slurm. Says what came of it.</summary>
    public static Task<string?> TryAsync(CancellationToken cancel) =>
        TryAsync(Environment.GetEnvironmentVariable(JobVariable), "scontrol", cancel);

    /// <summary>Asks for it through a program of that name.</summary>
    internal static async Task<string?> TryAsync(string? job, string scontrol, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(job))
        {
            return null;
        }

        try
        {
            using var process = Process.Start(new ProcessStartInfo(scontrol, ["requeue", job]) { RedirectStandardError = true })!;
            var said = await process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0
                ? $"Slurm job {job} is queued again"
                : $"Slurm job {job} could not be queued again: scontrol requeue ended with {process.ExitCode}: {said.Trim()}";
        }
        catch (OperationCanceledException)
        {
            // Slurm ends a job that it queues again, and with it whoever has asked for that.
            return $"Slurm job {job} is being ended, to be queued again";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"Slurm job {job} could not be queued again: {e.Message}";
        }
    }
}
