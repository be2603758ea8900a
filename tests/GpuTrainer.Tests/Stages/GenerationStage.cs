using Ism.Corpus;
using Ism.GpuTrainer.Samples;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using Ism.Structures;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>A workspace with a catalogue and a stage over it, whose samples are points drawn from position and draw key.</summary>
internal sealed class GenerationStage : IDisposable
{
    private const int Structures = 40;
    private readonly string _root = Directory.CreateTempSubdirectory("ism-line-").FullName;

    public GenerationStage(long steps = 12)
    {
        Workspace = new Workspace(_root);
        var catalogue = Catalogue.Create(
            Enumerable.Range(0, Structures).Select(i => new StructureEntry($"/structures/{i:D3}.pdb", null, -1, 0, 1)), chunkSize: 8);
        var folder = Path.GetFileName(catalogue.Save(Workspace.At(Workspace.Catalogues), "corpus"));
        Stage = new TrainingStage
        {
            StageId = "line",
            Objective = ObjectiveKind.StructureTuning,
            Samples = SampleKind.Tokens,
            Catalogue = folder,
            GlobalBatch = 7,
            TotalSteps = steps,
            WarmupSteps = 0,
            LearningRate = 0.1,
            Seed = 5,
            Checkpoints = "checkpoints",
            Output = "model",
        };
    }

    public Workspace Workspace { get; }

    public TrainingStage Stage { get; }

    public JobOptions Job { get; } = new()
    {
        Cluster = new ClusterOptions { CollectiveSeconds = 20 },
        Tuning = new TuningOptions { CheckpointEvery = 1000 },
    };

    /// <summary>Step and loss of each line of the step log, in its order.</summary>
    public (long Step, double Loss)[] StepLog() => [.. File.ReadAllLines(Workspace.At(Workspace.Metrics))
        .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement)
        .Select(line => (line.GetProperty("step").GetInt64(), line.GetProperty("loss").GetDouble()))];

    /// <summary>Puts all steps of a plan where the loop takes them.</summary>
    public static IDisposable Fetch(FetchPlan plan, StepBuffer buffer) => Fetch(plan, buffer, p => 1 + (int)(p.Position % 13 * 40));

    /// <summary>The same with the crops' lengths.</summary>
    public static IDisposable Fetch(FetchPlan plan, StepBuffer buffer, Func<SamplePosition, int> length)
    {
        buffer.Refused = step => Put(step, plan.ShareByCount(plan.Batch(step)), 0);
        for (var step = plan.FirstStep; step < plan.EndStep; step++)
        {
            var batch = plan.Batch(step);
            var (share, code) = plan.ByCost ? plan.ShareByCost(batch, [.. batch.Select(length)]) : (plan.ShareByCount(batch), 0);
            Put(step, share, code);
        }

        return new MemoryStream();

        void Put(long step, IReadOnlyList<SamplePosition> share, long code) =>
            buffer.Put(step, new([.. share.Select(p => new FetchedSample(p, new byte[] { 1 }))], code));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
