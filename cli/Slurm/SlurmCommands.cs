using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Ism.Cli.Slurm;

/// <summary>An element of an array of Slurm as squeue shows it, or a job that is no array.</summary>
/// <param name="Job">Id of the job, of the whole array where it is one.</param>
/// <param name="Element">Number of the element; null: no array.</param>
/// <param name="State">As squeue's short form: PD, R, CG, …</param>
internal sealed record QueuedJob(string Job, int? Element, string State)
{
    /// <summary>It has ended, and Slurm is tidying up behind it.</summary>
    public bool Completing => State == "CG";

    /// <summary>It waits for its turn.</summary>
    public bool Pending => State == "PD";

    /// <summary>As scancel takes it.</summary>
    public string Id => Element is { } element ? string.Create(CultureInfo.InvariantCulture, $"{Job}_{element}") : Job;
}

/// <summary>The commands of Slurm that ISM needs.</summary>
/// <param name="folder">Where they are; null: on the PATH.</param>
internal sealed class SlurmCommands(string? folder = null)
{
    private const int LongestCommand = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    /// <summary>Submits a script; returns the job's id.</summary>
    /// <param name="script">Path of the script.</param>
    /// <param name="options">Options of sbatch, over those in the script.</param>
    /// <param name="arguments">Arguments of the script.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="SlurmException">Slurm refuses it or is not there.</exception>
    public async Task<string> SubmitAsync(
        string script, IReadOnlyList<string> options, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var said = await RunAsync("sbatch", ["--parsable", .. options, script, .. arguments], cancel);
        // "ID" or, of one cluster among several, "ID;CLUSTER"; sites print lines of their own before it.
        var id = said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()?.Split(';')[0] ?? "";
        return id.Length > 0 && id.All(char.IsAsciiDigit)
            ? id
            : throw new SlurmException($"sbatch {script} named no job: '{said.Trim()}'");
    }

    /// <summary>What is in the queue of these jobs, arrays element by element; of the user's own jobs.</summary>
    /// <exception cref="SlurmException">Slurm does not answer.</exception>
    public async Task<IReadOnlyList<QueuedJob>> QueueAsync(IReadOnlyCollection<string> jobs, CancellationToken cancel)
    {
        // Not by --jobs: squeue fails over an id that Slurm has forgotten.
        var said = await RunAsync("squeue", ["--noheader", "--array", $"--user={Environment.UserName}", "--format=%F %K %t"], cancel);
        return
        [
            .. said.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(words => words.Length == 3 && jobs.Contains(words[0]))
                .Select(words => new QueuedJob(
                    words[0],
                    int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var element) ? element : null,
                    words[2])),
        ];
    }

    /// <summary>Takes jobs out of the queue, or ends them.</summary>
    /// <exception cref="SlurmException">Slurm refuses it.</exception>
    public Task CancelAsync(IReadOnlyList<string> ids, CancellationToken cancel) => ForAllAsync([], ids, cancel);

    /// <summary>Asks running jobs to leave: SIGTERM to all their processes, once.</summary>
    /// <exception cref="SlurmException">Slurm refuses it.</exception>
    public Task AskToLeaveAsync(IReadOnlyList<string> ids, CancellationToken cancel) =>
        ForAllAsync(["--full", "--signal=TERM"], ids, cancel);

    private async Task ForAllAsync(string[] options, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        foreach (var some in ids.Chunk(LongestCommand))
        {
            await RunAsync("scancel", [.. options, .. some], cancel);
        }
    }

    private async Task<string> RunAsync(string command, string[] arguments, CancellationToken cancel)
    {
        var info = new ProcessStartInfo(folder is null ? command : Path.Combine(folder, command), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        try
        {
            using var process = Process.Start(info)!;
            process.StandardInput.Close();
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(Patience);
            try
            {
                var error = process.StandardError.ReadToEndAsync(deadline.Token);
                var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
                await process.WaitForExitAsync(deadline.Token);
                return process.ExitCode == 0 ? output : throw new SlurmException(Refusal(command, arguments, process.ExitCode, await error));
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                process.Kill();
                throw new SlurmException(
                    $"{command} did not answer within {Patience.TotalSeconds:F0} s; is Slurm's controller up (scontrol ping)?");
            }
        }
        catch (Win32Exception e)
        {
            throw new SlurmException($"{info.FileName} cannot be run: {e.Message}; submit from a machine of the cluster where {command} works, "
                + "such as its login node");
        }
    }

    private static string Refusal(string command, string[] arguments, int code, string error)
    {
        var what = arguments.FirstOrDefault(a => a.EndsWith(".sbatch", StringComparison.Ordinal)) ?? string.Join(' ', arguments.Take(4));
        var said = string.Join("; ", error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return $"{command} {what} was refused ({code}): {(said.Length > 0 ? said : "Slurm gave no reason")}";
    }
}
