using System.Globalization;
using Akka.Actor;
using Ism.Cli.Verbs;
using Ism.Cluster.Hosting;
using Ism.Cluster.Telemetry;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Metrics;
using Ism.Featurizer.Metrics;
using Ism.GpuTrainer.Metrics;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Training;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Metrics;

/// <summary>
/// A real endpoint over every instrument of all roles, each of which has been used once: what a coordinator, a featurizer and a trainer
/// show together. The process is a member of a real cluster of one.
/// </summary>
public sealed class ServedMetrics : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-metrics-").FullName;
    private ActorSystem? _system;
    private NodeTelemetry? _telemetry;

    internal NodeOptions Node { get; private set; } = null!;

    internal string Url => _telemetry!.Url!;

    internal string TargetFile => Path.Combine(_folder, "cluster", "metrics", "coordinator-7.json");

    internal IReadOnlyDictionary<string, Family> Families { get; private set; } = null!;

    internal string Text { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Node = new NodeOptions { Role = NodeRoles.Coordinator, NodeId = "coordinator-7", Workspace = _folder };
        _telemetry = await MetricsHost.StartAsync("127.0.0.1:0", Node, CancellationToken.None);
        FeaturizerMetrics.Begin();
        TrainerMetrics.Begin();
        Instruments.Begin();
        _system = ActorSystem.Create(NodeOptions.SystemName, NodeHocon.For(Node));
        var cluster = Akka.Cluster.Cluster.Get(_system);
        await cluster.JoinAsync(cluster.SelfAddress);
        NodeMetrics.Joined(cluster);
        Use();
        Text = await ReadAsync();
        Families = MetricsText.Parse(Text);
    }

    public async Task DisposeAsync()
    {
        NodeMetrics.Joined(null);
        JobGauges.End();
        TrainerMetrics.Leave();
        await _telemetry!.DisposeAsync();
        await _system!.Terminate();
        Directory.Delete(_folder, recursive: true);
    }

    internal async Task<string> ReadAsync()
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(Url);
    }

    /// <summary>Value of a sample as the text has it.</summary>
    internal static double Value(string text, string sample)
    {
        // A metric without labels has an empty list of them.
        var line = Assert.Single(text.Replace("{} ", " ").Split('\n'), l => l.StartsWith($"{sample} ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static void Use()
    {
        JobGauges.Drive(new JobOptions(), new Dictionary<string, int> { [NodeRoles.Trainer] = 3 }, paused: false);
        JobGauges.Ledger("tokenise-a", WorkKind.Tokenise, new LedgerCounts(Waiting: 10, Leased: 2, Committed: 5, Failing: 1));
        JobGauges.Ledger("tokenise-b", WorkKind.Tokenise, new LedgerCounts(Waiting: 4, Leased: 0, Committed: 0, Failing: 0));
        JobGauges.Happened(RunEvent.Now(RunEventKind.Started, RunStages.Tokens));
        JobGauges.Happened(RunEvent.Now(RunEventKind.Progress, RunStages.Tokens, 5, 20));
        JobGauges.StageBegins("structure-tuning", 100);
        JobGauges.Stepped("structure-tuning", 12);
        JobGauges.Members(3);
        CoordinatorMetrics.Formed();
        CoordinatorMetrics.Committed(WorkKind.Tokenise, new ChunkFinished
        {
            WorkId = "tokenise-a",
            Chunk = 0,
            LeaseEpoch = 1,
            Sha256 = "",
            Structures = 7,
            Quarantined = 3,
            Residues = 900,
            Seconds = 1,
            Reasons = ["Empty", "TooLong"],
            ReasonCounts = [1, 2],
        });
        FeaturizerMetrics.Structure(WorkKind.Tokenise, 0.02);
        var step = new StepResult
        {
            Step = 11,
            LearningRate = 1e-4,
            Updated = true,
            Terms = ["mlm"],
            Losses = [2.5],
            TotalLoss = 2.5,
            GradientNorm = 1.5,
            Counts = [10],
            UsefulTokens = 1000,
            Samples = 8,
            Timings = new StepTimings(0.01, 0.02, 0.1, 0.2, 0.05, 0.01, 0.03),
        };
        TrainerMetrics.Completed(new CompletedStep(step, 2000, 0.25, 2, 4) { PeakShare = 0.4 }, rank: 0, waited: 0.1);
    }
}

/// <summary>One endpoint for all: instruments belong to the process.</summary>
[CollectionDefinition(nameof(ServedMetrics))]
public sealed class ServedMetricsTests : ICollectionFixture<ServedMetrics>;
