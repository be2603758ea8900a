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
    public static IDisposable Fetch(FetchPlan plan, StepBuffer buffer)
    {
        for (var step = plan.FirstStep; step < plan.EndStep; step++)
        {
            buffer.Put(step, [.. plan.Share(step).Select(p => new FetchedSample(p, new byte[] { 1 }))]);
        }

        return new MemoryStream();
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
