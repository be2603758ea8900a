using Ism.Cli.Processes;
using Ism.Cli.Remote;
using Ism.Cli.Slurm;
using Ism.Cli.Storage;
using Ism.Cli.Verbs;
using Ism.Cluster.Hosting;
using Ism.Cluster.Logging;
using Ism.Cluster.Security;
using Ism.Cluster.Telemetry;
using Ism.Collectives.Nccl;
using Ism.Coordinator.Api;
using Ism.Featurizer;
using Ism.GpuTrainer.Metrics;

namespace Ism.Cli.Reference;

/// <summary>A variable of the environment that ISM reads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What it does, for people.</param>
internal sealed record EnvironmentVariable(string Name, string Meaning);

/// <summary>Every variable of the environment that the program reads. Those of the tests are in docs/testing.md.</summary>
internal static class EnvironmentTable
{
    public static IReadOnlyList<EnvironmentVariable> All { get; } =
    [
        new(TargetArguments.ServerVariable, "address of a coordinator's API, as `--server`"),
        new(TargetArguments.HomeVariable, "home of a standing cluster, as `--home` of the verbs that speak to one"),
        new(ApiToken.Variable, "the token that opens the API, for coordinators and for verbs"),
        new(ApiToken.FileVariable, "a file with that token"),
        new(MetricsHost.Variable, "where a node's metrics are read, as `--metrics`; handed on to the nodes that a verb starts"),
        new(PaletteHost.Variable, "where `pbm` reaches a coordinator, as `--pbm`; handed on likewise"),
        new(LogFormats.Variable, $"how nodes write their log ({string.Join(" or ", LogFormats.Names)}), as `--log-format`; handed on likewise"),
        new(TlsFolder.Variable, "folder with `ca.crt`, `tls.crt` and `tls.key`, as `--tls` ([security.md](security.md)); handed on likewise"),
        new(BeyondLoopback.InsecureVariable, "`1`: nodes may be reached from other machines without TLS, as `--insecure`"),
        new(JournalVariable.Name, "PostgreSQL connection string of the journal, where a job names none (`cluster.journal`)"),
        new(ScrapeTarget.PodVariable, "name of the pod: part of a node's name, and a label of its metrics ([kubernetes.md](kubernetes.md))"),
        new("AWS_ACCESS_KEY_ID", "and the AWS SDK's other `AWS_…` variables: credentials, region and address of S3-compatible storage ([data.md](data.md))"),
        new(StoredWorkspace.ScratchVariable, "folder for caches of workspaces on S3-compatible storage; without it `ism` below `XDG_CACHE_HOME` or `~/.cache` ([data.md](data.md))"),
        new("OTEL_EXPORTER_OTLP_ENDPOINT", "a collector that is sent metrics and traces; OpenTelemetry's other `OTEL_…` variables hold too"),
        new(CommandLine.DebugVariable, "`1`: the whole exception is printed when something fails, as `--debug`"),
        new(DevicePeak.Variable, "TFLOP/s that one device can do at most, for the share of peak, where ISM does not know the device"),
        new(NcclLibrary.Variable, "path or name of the NCCL (RCCL) library that is used instead of the usual ones"),
        new(GpuDriver.Variable, "path or name of the GPU driver's library that is used instead of the usual ones"),
        new(VisibleGpu.Variable, "the GPUs that a trainer may use; under a launcher each rank narrows it to its own"),
        new(SlurmRequeue.JobVariable, "and Slurm's other `SLURM_…`, torchrun's `RANK`, `LOCAL_RANK`, `WORLD_SIZE`, and MPI's variables: a node's number and "
            + "address ([slurm.md](slurm.md))"),
        new("TERM", "empty or `dumb`: plain lines instead of bars and live views"),
        new(Faults.Variable, "for tests alone: makes featurizers fail at structures of given names ([testing.md](testing.md))"),
        new("ISM_STEP_MILLISECONDS", "for tests alone: least length of a training step"),
        new("ISM_BUILD_ARGS", "read by the script `./ism`: further arguments for `dotnet build`, e.g. `-p:Torch=cuda` or `-p:PetabridgeCmd=true`"),
        new("LIBTORCH", "read by the script `./ism`: a libtorch folder of your own ([gpu.md](gpu.md))"),
        new("DOTNET_ROOT", "where the .NET runtime is; the script `./ism` sets it"),
    ];
}
