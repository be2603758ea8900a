using System.Globalization;

namespace Ism.Cli.Slurm;

/// <summary>
/// What the program that has started this process says of its place among its like: torchrun, Open MPI, MPICH (and Intel's MPI), Slurm, or an
/// indexed Job of Kubernetes.
/// Equality by value.
/// </summary>
/// <param name="Launcher">Who says so.</param>
/// <param name="Number">Number among all, from 0.</param>
/// <param name="LocalNumber">Number among those on this machine, from 0; null where it is not said.</param>
/// <param name="LocalCount">How many are on this machine; null where it is not said.</param>
/// <param name="SeveralMachines">Whether the others may be on other machines.</param>
/// <param name="WholeJob">Whether this process is all that its Slurm job runs, so that it may have the job queued again.</param>
internal sealed record BatchTask(string Launcher, int Number, int? LocalNumber, int? LocalCount, bool SeveralMachines, bool WholeJob)
{
    /// <summary>The launcher of pods that have a number.</summary>
    public const string Kubernetes = "Kubernetes";

    // Whoever is nearest to the process comes first: torchrun and mpirun may themselves run under Slurm.
    private static readonly (string Launcher, string Number, string Count, string LocalNumber, string LocalCount)[] Launchers =
    [
        ("torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"),
        ("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
        ("MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
    ];

    /// <summary>Of this process; null when nothing of the kind has started it.</summary>
    public static BatchTask? Here() => From(Environment.GetEnvironmentVariable);

    /// <summary>As <see cref="Here"/>, from variables at hand.</summary>
    public static BatchTask? From(Func<string, string?> variable)
    {
        int? Get(string name) => int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

        foreach (var launcher in Launchers)
        {
            if (Get(launcher.Number) is { } number && Get(launcher.Count) is { } count && number < count)
            {
                var local = Get(launcher.LocalCount);
                return new BatchTask(launcher.Launcher, number, Get(launcher.LocalNumber), local, local is null || count > local, false);
            }
        }

        if (string.IsNullOrEmpty(variable("SLURM_JOB_ID")) || Get("SLURM_PROCID") is not { } task)
        {
            return Get("JOB_COMPLETION_INDEX") is { } index ? new BatchTask(Kubernetes, index, null, null, true, false) : null;
        }

        // A batch script has no step; what it says of tasks is what it was submitted with, and it is one process.
        var step = Get("SLURM_STEP_ID") is not null;
        var tasks = step ? Get("SLURM_STEP_NUM_TASKS") ?? Get("SLURM_NTASKS") ?? 1 : 1;
        return new BatchTask(
            "Slurm",
            ((Get("SLURM_ARRAY_TASK_ID") ?? 0) * tasks) + task,
            Get("SLURM_LOCALID"),
            step ? LocalTasks(variable("SLURM_STEP_TASKS_PER_NODE"), Get("SLURM_NODEID") ?? 0) : 1,
            true,
            !step);
    }

    // "4(x3),2": four tasks on each of the first three machines, two on the fourth.
    private static int? LocalTasks(string? text, int node)
    {
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var open = part.IndexOf("(x", StringComparison.Ordinal);
            var machines = 1;
            if (!int.TryParse(open < 0 ? part : part[..open], NumberStyles.None, CultureInfo.InvariantCulture, out var tasks)
                || (open >= 0 && !int.TryParse(part[(open + 2)..].TrimEnd(')'), NumberStyles.None, CultureInfo.InvariantCulture, out machines)))
            {
                return null;
            }

            if (node < machines)
            {
                return tasks;
            }

            node -= machines;
        }

        return null;
    }
}
