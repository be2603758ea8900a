using System.Globalization;
using System.Text.RegularExpressions;
using Ism.Cli.Processes;

namespace Ism.Cli.Slurm;

/// <summary>The batch scripts of a job, to be read by those who run the cluster.</summary>
/// <param name="plan">How the job is laid over the cluster; checked.</param>
/// <param name="name">The job's name.</param>
/// <param name="workspace">Its workspace, absolute.</param>
/// <param name="folder">Where the scripts are put, absolute.</param>
/// <param name="program">How `ism` is run on every machine.</param>
/// <param name="dotnetRoot">Where the runtime is when it is not where programs look for it; else null.</param>
internal sealed partial class SlurmScripts(
    SlurmPlan plan, string name, string workspace, string folder, ProgramCommand program, string? dotnetRoot)
{
    public const string Coordinator = "coordinator.sbatch";
    public const string Trainers = "trainers.sbatch";
    public const string Featurizers = "featurizers.sbatch";
    public const string Node = "node.sh";

    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Names of all scripts.</summary>
    public static IReadOnlyList<string> Names { get; } = [Coordinator, Trainers, Featurizers, Node];

    /// <summary>Where Slurm writes what the nodes say.</summary>
    public static string Logs(string workspace) => Path.Combine(workspace, Protocol.Jobs.Workspace.Logs);

    /// <summary>Writes all scripts, over those that are there, and makes the folder of the logs (Slurm does not).</summary>
    /// <exception cref="UsageException">A path has characters that batch scripts trip over.</exception>
    public void Write()
    {
        foreach (var (what, path) in ((string, string)[])[("workspace", workspace), ("--out", folder)])
        {
            if (!Plain().IsMatch(path))
            {
                throw new UsageException(
                    $"{what} {path}: blanks, quotes, % and the like in a path trip sbatch up; "
                    + "use letters, digits, '.', '_', '+', '=', '@', ',' and '-'");
            }
        }

        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(Logs(workspace));
        foreach (var script in Names)
        {
            var path = Path.Combine(folder, script);
            File.WriteAllText(path, Text(script));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, Executable);
            }
        }
    }

    /// <summary>The text of a script.</summary>
    public string Text(string script) => ScriptTemplate.Named(script).Fill(Values());

    private Dictionary<string, IReadOnlyList<string>> Values()
    {
        var featurizerPartition = plan.FeaturizerPartition ?? plan.Partition;
        var gpus = plan.GpusPerNode > 0 ? plan.GpusPerNode : (int?)null;
        return new Dictionary<string, IReadOnlyList<string>>
        {
            ["name"] = [name],
            ["workspace"] = [workspace],
            ["scripts"] = [folder],
            ["logs"] = [Logs(workspace)],
            ["ism"] = [string.Join(' ', program.Leading.Prepend(program.File).Select(Quote))],
            ["dotnet-root"] = Maybe(dotnetRoot is null ? null : Quote(dotnetRoot)),
            ["scratch"] = [$"\"{plan.Scratch}\""],
            ["sbatch"] = plan.Sbatch,
            ["account"] = Maybe(plan.Account),
            ["qos"] = Maybe(plan.Qos),
            ["warning"] = [Number(plan.WarningSeconds)],
            ["partition"] = Maybe(plan.Partition),
            ["nodes"] = [Number(plan.Nodes)],
            ["ranks"] = [Number(plan.Ranks)],
            ["trainers-per-node"] = [Number(plan.TrainersPerNode)],
            ["gpus"] = Maybe(gpus),
            ["gpus-per-node"] = Maybe(gpus),
            ["gpu-bind"] = Maybe(gpus is null ? null : "none"),
            ["cpus-per-trainer"] = [Number(plan.CpusPerTrainer)],
            ["mem"] = Maybe(plan.Memory),
            ["time"] = Maybe(plan.Time),
            ["featurizer-partition"] = Maybe(featurizerPartition),
            ["array"] = [plan.Featurizers == 1 ? "0" : $"0-{Number(plan.Featurizers - 1)}"],
            ["cpus-per-featurizer"] = [Number(plan.CpusPerFeaturizer)],
            ["featurizer-mem"] = Maybe(plan.FeaturizerMemory),
            ["featurizer-time"] = Maybe(plan.FeaturizerTime ?? plan.Time),
            ["coordinator-partition"] = Maybe(plan.CoordinatorPartition ?? featurizerPartition),
            ["coordinator-cpus"] = [Number(CoordinatorCpus)],
            ["coordinator-mem"] = Maybe(plan.CoordinatorMemory),
            ["coordinator-time"] = Maybe(plan.CoordinatorTime ?? plan.Time),
        };
    }

    /// <summary>Cores of a coordinator: one for its actors, one for the checksums of a ledger that is opened again.</summary>
    public const int CoordinatorCpus = 2;

    private static IReadOnlyList<string> Maybe(string? value) => value is null ? [] : [value];

    private static IReadOnlyList<string> Maybe(int? value) => value is { } number ? [Number(number)] : [];

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Quote(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", "'\\''")}'";

    [GeneratedRegex(@"^[A-Za-z0-9_./+=@,:-]+\z")]
    private static partial Regex Plain();
}
