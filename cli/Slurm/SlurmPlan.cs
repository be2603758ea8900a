using System.Text.RegularExpressions;

namespace Ism.Cli.Slurm;

/// <summary>How a job is laid over a cluster with Slurm.</summary>
internal sealed partial record SlurmPlan
{
    /// <summary>Machines with trainers.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>GPUs of each; 0: trainers compute on CPUs.</summary>
    public int GpusPerNode { get; init; }

    /// <summary>Ranks on each: one a GPU.</summary>
    public int TrainersPerNode { get; init; } = 1;

    /// <summary>Cores of a rank.</summary>
    public int CpusPerTrainer { get; init; } = 8;

    /// <summary>Elements of the featurizers' array at first.</summary>
    public int Featurizers { get; init; } = 1;

    /// <summary>Cores of a featurizer.</summary>
    public int CpusPerFeaturizer { get; init; } = 4;

    /// <summary>Coordinators that stand by.</summary>
    public int Standbys { get; init; } = 1;

    /// <summary>Partition of the trainers; null: the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>Partition of the featurizers; null: as the trainers'.</summary>
    public string? FeaturizerPartition { get; init; }

    /// <summary>Partition of the coordinators; null: as the featurizers'.</summary>
    public string? CoordinatorPartition { get; init; }

    /// <summary>Account; null: the user's default.</summary>
    public string? Account { get; init; }

    /// <summary>Quality of service; null: the default.</summary>
    public string? Qos { get; init; }

    /// <summary>Memory of a machine for its trainers, as sbatch takes it; null: the cluster's default.</summary>
    public string? Memory { get; init; }

    /// <summary>Memory of a featurizer; null: the cluster's default.</summary>
    public string? FeaturizerMemory { get; init; }

    /// <summary>Memory of a coordinator; null: the cluster's default.</summary>
    public string? CoordinatorMemory { get; init; }

    /// <summary>Time limit of the trainers; null: the partition's.</summary>
    public string? Time { get; init; }

    /// <summary>Time limit of a featurizer; null: as the trainers'.</summary>
    public string? FeaturizerTime { get; init; }

    /// <summary>Time limit of a coordinator; null: as the trainers'.</summary>
    public string? CoordinatorTime { get; init; }

    /// <summary>Seconds before the time limit at which Slurm warns.</summary>
    public int WarningSeconds { get; init; } = 120;

    /// <summary>Node-local folder; may name variables of the shell.</summary>
    public string Scratch { get; init; } = "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}";

    /// <summary>Further long options of every script without their dashes, e.g. "constraint=a100".</summary>
    public IReadOnlyList<string> Sbatch { get; init; } = [];

    /// <summary>All ranks.</summary>
    public int Ranks => Nodes * TrainersPerNode;

    /// <summary>Time limit of coordinator <paramref name="number"/>: shorter for the standbys, so that never all of them reach it at once;
    /// null: the partition's.</summary>
    public string? TimeOfCoordinator(int number)
    {
        if ((CoordinatorTime ?? Time) is not { } text)
        {
            return null;
        }

        var time = SlurmTime.Parse("--coordinator-time", text);
        var least = TimeSpan.FromSeconds(WarningSeconds * 2);
        var own = time * (1 - (number / (2.0 * (Standbys + 1))));
        return SlurmTime.Text(own > least || number == 0 ? own : time);
    }

    /// <summary>Refuses what no cluster would take.</summary>
    /// <exception cref="UsageException">Names the option, its value and what to change.</exception>
    public void Check()
    {
        if (GpusPerNode > 0 && TrainersPerNode != GpusPerNode)
        {
            throw new UsageException($"--trainers-per-node {TrainersPerNode} and --gpus-per-node {GpusPerNode}: a rank has a GPU of its own; "
                + "leave --trainers-per-node out");
        }

        foreach (var (option, value) in Texts().Where(t => t.Value is not null && !Word().IsMatch(t.Value)))
        {
            throw new UsageException($"{option} '{value}': blanks, quotes and the like cannot stand in a line of sbatch");
        }

        if (!Path().IsMatch(Scratch))
        {
            throw new UsageException($"--scratch '{Scratch}': name a folder of letters, digits, '.', '_', '-' and '/'; "
                + "variables such as $SLURM_JOB_ID may stand in it");
        }

        foreach (var option in Sbatch.Where(o => !Directive().IsMatch(o)))
        {
            throw new UsageException($"--sbatch '{option}': must be a long option of sbatch without its dashes, e.g. --sbatch constraint=a100");
        }

        foreach (var (option, value) in ((string, string?)[])
            [("--time", Time), ("--featurizer-time", FeaturizerTime), ("--coordinator-time", CoordinatorTime)])
        {
            if (value is not null && SlurmTime.Parse(option, value) <= TimeSpan.FromSeconds(WarningSeconds))
            {
                throw new UsageException($"{option} {value} and --warning {WarningSeconds}: the limit must be longer than the warning before it");
            }
        }
    }

    private (string Option, string? Value)[] Texts() =>
    [
        ("--partition", Partition), ("--featurizer-partition", FeaturizerPartition), ("--coordinator-partition", CoordinatorPartition),
        ("--account", Account), ("--qos", Qos),
        ("--mem", Memory), ("--featurizer-mem", FeaturizerMemory), ("--coordinator-mem", CoordinatorMemory),
    ];

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.,:@%+=/-]*\z")]
    private static partial Regex Word();

    [GeneratedRegex(@"^[A-Za-z0-9_./${}:-]+\z")]
    private static partial Regex Path();

    [GeneratedRegex(@"^[a-z][A-Za-z0-9-]*(=[A-Za-z0-9_.,:@%+=/*&|()\[\]-]+)?\z")]
    private static partial Regex Directive();
}
