using System.CommandLine;
using Ism.Cli.Verbs;

namespace Ism.Cli.Slurm;

/// <summary>The options of `ism slurm` that say how a job is laid over the cluster.</summary>
internal sealed class SlurmArguments
{
    private static readonly SlurmPlan Default = new();

    private readonly Option<int> _nodes = Number("--nodes", "Machines with trainers", Default.Nodes);
    private readonly Option<int> _gpus = Number("--gpus-per-node", "GPUs of each, and so its ranks; 0: trainers compute on CPUs", 0);
    private readonly Option<int?> _trainers = new("--trainers-per-node")
    {
        Description = "Ranks on each machine; without it, one a GPU, or 1",
        HelpName = "N",
    };

    private readonly Option<int> _trainerCpus = Number("--cpus-per-trainer", "Cores of a rank", Default.CpusPerTrainer);
    private readonly Option<int?> _featurizers = new("--featurizers")
    {
        Description = "Featurizers at first (cluster.featurizers)",
        HelpName = "N",
    };

    private readonly Option<int> _featurizerCpus = Number("--cpus-per-featurizer", "Cores of a featurizer", Default.CpusPerFeaturizer);
    private readonly Option<int> _standbys = Number("--standbys", "Coordinators that stand by, each a small job of its own", Default.Standbys);
    private readonly Option<string?> _partition = Text("--partition", "Partition of the trainers", "NAME");
    private readonly Option<string?> _featurizerPartition = Text(
        "--featurizer-partition", "Partition of the featurizers; as the trainers' when left out", "NAME");
    private readonly Option<string?> _coordinatorPartition = Text(
        "--coordinator-partition", "Partition of the coordinators; as the featurizers' when left out", "NAME");
    private readonly Option<string?> _account = Text("--account", "Account", "NAME");
    private readonly Option<string?> _qos = Text("--qos", "Quality of service", "NAME");
    private readonly Option<string?> _memory = Text("--mem", "Memory of a machine for its trainers, e.g. 200G", "SIZE");
    private readonly Option<string?> _featurizerMemory = Text("--featurizer-mem", "Memory of a featurizer", "SIZE");
    private readonly Option<string?> _coordinatorMemory = Text("--coordinator-mem", "Memory of a coordinator", "SIZE");
    private readonly Option<string?> _time = Text(
        "--time", "Time limit of every job; the partition's when left out", "D-HH:MM:SS");
    private readonly Option<string?> _featurizerTime = Text(
        "--featurizer-time", "Time limit of a featurizer, if another", "D-HH:MM:SS");
    private readonly Option<string?> _coordinatorTime = Text(
        "--coordinator-time", "Time limit of a coordinator, if another", "D-HH:MM:SS");
    private readonly Option<int> _warning = Number(
        "--warning", "Seconds before the time limit at which Slurm warns; a checkpoint must fit into them", Default.WarningSeconds, "SECONDS");
    private readonly Option<string?> _scratch = Text(
        "--scratch", $"Node-local folder for what is needed only while a node runs; {Default.Scratch} when left out", "FOLDER");
    private readonly Option<string[]> _sbatch = new("--sbatch")
    {
        Description = "Another long option of sbatch for every script, without its dashes, may be repeated, e.g. --sbatch constraint=a100",
        HelpName = "OPTION",
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _nodes, _gpus, _trainers, _trainerCpus, _featurizers, _featurizerCpus, _standbys, _partition, _featurizerPartition,
            _coordinatorPartition, _account, _qos, _memory, _featurizerMemory, _coordinatorMemory, _time, _featurizerTime, _coordinatorTime,
            _warning, _scratch, _sbatch,
        ];
        Array.ForEach(all, command.Add);
    }

    /// <summary>The plan, checked.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="featurizers">The job's own number of featurizers.</param>
    /// <exception cref="UsageException">An option cannot be; names it.</exception>
    public SlurmPlan Read(ParseResult parsed, int featurizers)
    {
        var gpus = AtLeast(0, _gpus, parsed);
        var plan = new SlurmPlan
        {
            Nodes = AtLeast(1, _nodes, parsed),
            GpusPerNode = gpus,
            TrainersPerNode = Inputs.AtLeastOne(_trainers.Name, parsed.GetValue(_trainers) ?? Math.Max(1, gpus)),
            CpusPerTrainer = AtLeast(1, _trainerCpus, parsed),
            Featurizers = Inputs.AtLeastOne(_featurizers.Name, parsed.GetValue(_featurizers) ?? featurizers),
            CpusPerFeaturizer = AtLeast(1, _featurizerCpus, parsed),
            Standbys = AtLeast(0, _standbys, parsed),
            Partition = parsed.GetValue(_partition),
            FeaturizerPartition = parsed.GetValue(_featurizerPartition),
            CoordinatorPartition = parsed.GetValue(_coordinatorPartition),
            Account = parsed.GetValue(_account),
            Qos = parsed.GetValue(_qos),
            Memory = parsed.GetValue(_memory),
            FeaturizerMemory = parsed.GetValue(_featurizerMemory),
            CoordinatorMemory = parsed.GetValue(_coordinatorMemory),
            Time = parsed.GetValue(_time),
            FeaturizerTime = parsed.GetValue(_featurizerTime),
            CoordinatorTime = parsed.GetValue(_coordinatorTime),
            WarningSeconds = AtLeast(1, _warning, parsed),
            Scratch = parsed.GetValue(_scratch) ?? Default.Scratch,
            Sbatch = parsed.GetValue(_sbatch) ?? [],
        };
        plan.Check();
        return plan;
    }

    private static int AtLeast(int least, Option<int> option, ParseResult parsed)
    {
        var value = parsed.GetValue(option);
        return value >= least ? value : throw new UsageException($"{option.Name} {value}: must be {least} or more");
    }

    private static Option<int> Number(string name, string description, int value, string unit = "N") =>
        new(name) { Description = description, HelpName = unit, DefaultValueFactory = _ => value };

    private static Option<string?> Text(string name, string description, string form) =>
        new(name) { Description = description, HelpName = form };
}
