using System.Globalization;
using Ism.Structures.Synthesis;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>
/// The corpus and the undisturbed runs that all tests of the system compare with. Each is started when the first test needs it
/// and shared by all, also by the two collections of tests that run beside each other.
/// </summary>
public sealed class Runs : IDisposable
{
    /// <summary>A collection's tests run one after the other.</summary>
    public const string Collection = "runs of the whole system";

    /// <summary>The second collection, of tests that mostly wait for something to be noticed; they run beside the others.</summary>
    public const string Disturbed = "disturbed runs of the whole system";

    /// <summary>Proteins trained on.</summary>
    public const int Proteins = 40;

    /// <summary>Proteins held out.</summary>
    public const int Heldout = 8;

    /// <summary>Steps of structure-tuning in the job below.</summary>
    public const int Steps = 30;

    /// <summary>Steps between checkpoints.</summary>
    public const int CheckpointEvery = 5;

    /// <summary>Steps of the long job, which is long enough to be disturbed many times.</summary>
    public const int LongSteps = 400;

    /// <summary>Steps between checkpoints of the long job.</summary>
    public const int LongCheckpointEvery = 25;

    /// <summary>Least time of a step of the long job while it is disturbed; a fast machine would be through too soon.</summary>
    public const int StepMilliseconds = 100;

    /// <summary>The long job is `ism chaos`'s too; its undisturbed run is this one.</summary>
    internal const string Chaos = "chaos";

    private const long CorpusSeed = 401;
    private const long HeldoutSeed = 402;
    private const long JobSeed = 11;

    /// <summary>For one whole run; a busy machine takes many times what a quiet one does.</summary>
    internal static readonly TimeSpan RunDeadline = TimeSpan.FromMinutes(10);

    private static readonly Lock Gate = new();
    private static Common? _common;
    private readonly Common _shared;

    public Runs()
    {
        lock (Gate)
        {
            _shared = _common ??= new Common(this);
            _shared.Users++;
        }
    }

    /// <summary>The corpus.</summary>
    public string Structures => Path.Combine(_shared.Root, "structures");

    /// <summary>The held-out corpus.</summary>
    public string HeldoutStructures => Path.Combine(_shared.Root, "heldout");

    /// <summary>The whole way with one trainer and two featurizers, undisturbed.</summary>
    internal Task<RunResult> Reference => _shared.Reference.Value;

    /// <summary>The long job with one trainer, undisturbed, where `ism chaos` looks for it.</summary>
    internal Task<RunResult> Long => _shared.Long.Value;

    /// <summary>Workspace of a run.</summary>
    public string WorkspaceOf(string name) => Path.Combine(_shared.Root, name);

    /// <summary>Writes what a person needs to look at a run by hand.</summary>
    public void Describe(ITestOutputHelper output) =>
        output.WriteLine($"runs in {_shared.Root}; seeds: corpus {CorpusSeed}, held out {HeldoutSeed}, job {JobSeed}");

    /// <summary>Arguments of `ism` for a run of the tests' job; a run <paramref name="from"/> another takes its autoencoder and
    /// codebook from there.</summary>
    internal string[] Arguments(string name, RunResult? from, int featurizers, int trainers, params string[] settings)
    {
        List<string> arguments =
        [
            "run", JobFile(name), "--featurizers", featurizers.ToString(CultureInfo.InvariantCulture),
            "--trainers", trainers.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var setting in from is null ? settings : [.. from.AsOrigin, .. settings])
        {
            arguments.AddRange(["--set", setting]);
        }

        return [.. arguments];
    }

    /// <summary>Starts a run and leaves it running.</summary>
    internal IsmProcess Start(string name, RunResult? from, int featurizers, int trainers, params string[] settings) =>
        IsmProcess.Start(Arguments(name, from, featurizers, trainers, settings));

    /// <summary>Variables of a run whose steps take a while.</summary>
    internal static Dictionary<string, string> Paced(int milliseconds = StepMilliseconds) =>
        new() { ["ISM_STEP_MILLISECONDS"] = milliseconds.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Starts a run of the long job and leaves it running; the limits between nodes are the default ones.</summary>
    internal async Task<IsmProcess> StartLongAsync(
        string name, int featurizers, int trainers, int coordinators = 1, IReadOnlyDictionary<string, string>? environment = null,
        params string[] settings) => IsmProcess.Start(
            environment ?? Paced(),
            [
                .. Arguments(name, await Reference, featurizers, trainers, [.. LongSettings, .. settings]),
                "--coordinators", coordinators.ToString(CultureInfo.InvariantCulture),
            ]);

    /// <summary>Arguments of `ism chaos` for the long job.</summary>
    internal async Task<string[]> ChaosArgumentsAsync(params string[] options)
    {
        await Long;
        var settings = (await Reference).AsOrigin.Concat(LongSettings);
        return ["chaos", JobFile(Chaos), .. settings.SelectMany(s => (string[])["--set", s]), .. options];
    }

    /// <summary>Runs to the end and requires success.</summary>
    internal async Task<RunResult> CompleteAsync(
        string name, RunResult? from, int featurizers, int trainers, params string[] settings)
    {
        using var process = Start(name, from, featurizers, trainers, settings);
        return await CompleteAsync(name, process);
    }

    /// <summary>Waits for the end of a run and requires success.</summary>
    internal async Task<RunResult> CompleteAsync(string name, IsmProcess process, string? workspace = null)
    {
        var code = await process.ExitAsync(RunDeadline);
        if (code != 0)
        {
            _shared.Failed = true;
            Assert.Fail($"{name} ended with {code}\n{process.Output}\n{Logs(name)}");
        }

        return new RunResult(workspace ?? WorkspaceOf(name), process.Output);
    }

    /// <summary>What makes a job the long one.</summary>
    internal static string[] LongSettings =>
    [
        "corpus.heldout=[]", $"tuning.epochs={LongSteps * 16 / Proteins}", "tuning.learningRate=2e-4",
        $"tuning.checkpointEvery={LongCheckpointEvery}", "tuning.keepCheckpoints=1000", "tuning.evaluateEvery=0",
        "cluster.leaseSeconds=60", "cluster.collectiveSeconds=60",
    ];

    private async Task<RunResult> LongAsync()
    {
        var workspace = Path.Combine(WorkspaceOf(Chaos), "undisturbed");
        using var process = await StartLongAsync(
            Chaos, featurizers: 2, trainers: 1, environment: Paced(0), settings: [$"workspace={workspace}"]);
        return await CompleteAsync(Chaos, process, workspace);
    }

    /// <summary>The ends of the logs of all nodes.</summary>
    public string Logs(string name)
    {
        var folder = Path.Combine(WorkspaceOf(name), "logs");
        return !Directory.Exists(folder) ? "" : string.Join('\n', Directory.EnumerateFiles(folder).Order()
            .Select(log => $"--- the end of {log}\n{string.Join('\n', File.ReadLines(log).TakeLast(25))}"));
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (--_shared.Users > 0)
            {
                return;
            }

            _common = null;
        }

        if (!_shared.Failed)
        {
            Directory.Delete(_shared.Root, recursive: true);
        }
    }

    // Micro-batches of one protein make a step slow enough to be disturbed in its middle, at no cost to what is computed.
    private string JobFile(string name)
    {
        var path = Path.Combine(_shared.Root, $"{name}.yaml");
        File.WriteAllText(path, $"""
            name: {name}
            workspace: {WorkspaceOf(name)}
            seed: {JobSeed}
            model:
              layers: 2
              width: 32
              heads: 4
            corpus:
              structures: ["{Structures}"]
              heldout: ["{HeldoutStructures}"]
              chunkSize: 8
              windowChunks: 2
            autoencoder:
              layers: 1
              decoderLayers: 1
              width: 16
              heads: 2
              layerScale: 0.1
              stage1Epochs: 1
              stage2Epochs: 1
              globalBatch: 8
              residuesPerStructure: 4
            codebook:
              clusters: 8
              elbow: [4, 8]
              residuesPerStructure: 16
              startSample: 400
              maxIterations: 6
            tuning:
              epochs: 12
              warmupEpochs: 1
              learningRate: 1e-3
              globalBatch: 16
              crop: 62
              tokensPerMicroBatch: 64
              checkpointEvery: {CheckpointEvery}
              keepCheckpoints: 2
              evaluateEvery: 15
            cluster:
              leaseSeconds: 30
              collectiveSeconds: 30
              threadsPerTrainer: 1
              threadsPerFeaturizer: 1
            """);
        return path;
    }

    // What all instances share; the last one takes it away.
    private sealed class Common
    {
        public Common(Runs runs)
        {
            var options = new SynthesisOptions { MinLength = 30, MaxLength = 60 };
            SyntheticCorpus.Write(Path.Combine(Root, "structures"), Proteins, CorpusSeed, options);
            SyntheticCorpus.Write(Path.Combine(Root, "heldout"), Heldout, HeldoutSeed, options);
            Reference = new Lazy<Task<RunResult>>(() => runs.CompleteAsync("reference", null, featurizers: 2, trainers: 1));
            Long = new Lazy<Task<RunResult>>(runs.LongAsync);
        }

        public string Root { get; } = Directory.CreateTempSubdirectory("ism-system-").FullName;

        public Lazy<Task<RunResult>> Reference { get; }

        public Lazy<Task<RunResult>> Long { get; }

        public int Users { get; set; }

        public bool Failed { get; set; }
    }
}

/// <summary>Ties the tests of the system to one <see cref="Runs"/>.</summary>
[CollectionDefinition(Runs.Collection)]
public sealed class RunsCollection : ICollectionFixture<Runs>;

/// <summary>Ties the tests that run beside the others to the same <see cref="Runs"/>.</summary>
[CollectionDefinition(Runs.Disturbed)]
public sealed class DisturbedRunsCollection : ICollectionFixture<Runs>;
