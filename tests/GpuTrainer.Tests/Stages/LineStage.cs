using System.Collections.Concurrent;
using System.Text.Json;
using Ism.Collectives;
using Ism.Corpus;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Tests.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using Ism.Structures;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>A stage over points of a plane in a workspace of its own, with everything around it that a rank needs.</summary>
internal sealed class LineStage : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ism-stage-{Guid.NewGuid():N}");
    private readonly string _catalogue;

    public LineStage()
    {
        torch.set_num_threads(1);
        Workspace = new(_root);
        var catalogue = Catalogue.Create(
            Enumerable.Range(0, 64).Select(i => new StructureEntry($"/structures/protein-{i}.pdb", null, -1, 0, 100)), 16);
        _catalogue = Path.GetFileName(catalogue.Save(Workspace.At(Workspace.Catalogues), "corpus").TrimEnd('/'));
        Store = new(Workspace.At("checkpoints"));
    }

    public Workspace Workspace { get; }

    public CheckpointStore Store { get; set; }

    public TuningOptions Tuning { get; set; } = new() { CheckpointEvery = 2 };

    public Action SaveOutput { get; set; } = () => { };

    public ConcurrentQueue<(int Rank, string Line)> Log { get; } = [];

    public ConcurrentQueue<object> Reports { get; } = [];

    public IEnumerable<JsonElement> Metrics => File.ReadLines(MetricsPath).Select(line => JsonDocument.Parse(line).RootElement);

    public string MetricsPath => Workspace.At(Workspace.Metrics);

    public TrainingStage Stage => new()
    {
        StageId = "structure-tuning",
        Objective = ObjectiveKind.StructureTuning,
        Samples = SampleKind.Tokens,
        Catalogue = _catalogue,
        GlobalBatch = 8,
        TotalSteps = 100,
        WarmupSteps = 0,
        LearningRate = 0.1,
        Seed = 1,
        Checkpoints = "checkpoints",
        Output = "model",
    };

    /// <summary>A rank's runtime that has joined the group, its keeping, and its metrics.</summary>
    public (StageRuntime<LinePoint> Runtime, StageKeeping Keeping, MetricsFile Metrics) Join(ICollectiveGroup group)
    {
        var runtime = new StageRuntime<LinePoint>(
            Stage, new LineObjective(), new() { Schedule = new(0.01, 0, 100) }, Decode, Store, "catalogue-1", () => SaveOutput(),
            point => double.IsNaN(point.X) ? "x is NaN" : null, Tuning.OutlierSigma);
        runtime.Join(group);
        var host = new StageLoopHost(
            new JobOptions { Tuning = Tuning }, Workspace, (_, _) => throw new NotSupportedException(), Reports.Enqueue,
            line => Log.Enqueue((group.Rank, line)));
        var metrics = new MetricsFile(MetricsPath, Stage);
        return (runtime, new(host, runtime, group, metrics) { RetryPauses = [TimeSpan.Zero, TimeSpan.Zero] }, metrics);
    }

    /// <summary>What a featurizer would send: a point at a position of the catalogue.</summary>
    public static FetchedSample Sample(long position, double x, double y) =>
        new(Position(position), new byte[][] { BitConverter.GetBytes(x), BitConverter.GetBytes(y) }.SelectMany(b => b).ToArray());

    public static FetchedSample Empty(long position) => new(Position(position), ReadOnlyMemory<byte>.Empty);

    public static FetchedSample Broken(long position) => new(Position(position), new byte[5]);

    /// <summary>Four good samples of a rank, with an empty position between.</summary>
    public static List<FetchedSample> Share(int rank) =>
        [Sample(rank * 16, 1, 2), Empty((rank * 16) + 1), .. Enumerable.Range(2, 3).Select(i => Sample((rank * 16) + i, i, -i))];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static SamplePosition Position(long position) => new(0, 0, position, (int)position / 16, (int)position % 16, (ulong)position * 3);

    private static LinePoint Decode(FetchedSample sample) => sample.Bytes.Length == 16
        ? new(BitConverter.ToDouble(sample.Bytes.Span), BitConverter.ToDouble(sample.Bytes.Span[8..]))
        : throw new InvalidDataException($"a point of {sample.Bytes.Length} bytes");
}
