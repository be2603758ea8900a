using Ism.Coordinator.Jobs;
using Ism.Coordinator.Ledger;
using Ism.Corpus;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using Ism.Structures;

namespace Ism.Cli.Estimation;

/// <summary>A scratch workspace with the sample's catalogue, an encoder of the job's shape, and the plan; deleted in the end.</summary>
public sealed class RehearsalWorkspace : IDisposable
{
    private const string Tuning = "structure-tuning";

    // Small, so that measuring can stop between two of them.
    private const int LargestChunk = 16;

    /// <summary>Makes it.</summary>
    /// <param name="sizes">The job, its paths absolute.</param>
    /// <param name="sample">Structures to measure with.</param>
    /// <param name="world">Ranks that are measured together.</param>
    /// <param name="request">What is to be measured.</param>
    public RehearsalWorkspace(JobSizes sizes, IReadOnlyList<StructureEntry> sample, int world, EstimateRequest request)
    {
        Workspace = new Workspace(Directory.CreateTempSubdirectory("ism-estimate-").FullName);
        try
        {
            var size = Math.Min(sizes.Job.Corpus.ChunkSize, LargestChunk);
            Job = sizes.Job with { Workspace = Workspace.Root, Corpus = sizes.Job.Corpus with { ChunkSize = size } };
            JobJson.Save(Job, Workspace.At(Workspace.Job));
            var catalogue = Catalogue.Create(sample, size);
            var folder = catalogue.Save(Workspace.At(Workspace.Catalogues), "sample");
            (CatalogueBytes, BytesPerEntry) = CatalogueSizes(folder, sample, size);
            Plan = PlanFor(sizes, new NamedCatalogue(Path.GetFileName(folder), catalogue), world, request);
            Plan.Save(Workspace);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where it lies.</summary>
    public Workspace Workspace { get; }

    /// <summary>The job as it is rehearsed.</summary>
    public JobOptions Job { get; }

    /// <summary>What is done.</summary>
    public RehearsalPlan Plan { get; }

    /// <summary>Bytes of a catalogue that do not grow with it.</summary>
    public double CatalogueBytes { get; }

    /// <summary>Bytes of a catalogue's entry.</summary>
    public double BytesPerEntry { get; }

    /// <summary>Bytes of all files below a folder.</summary>
    public static long SizeOf(string folder) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) : 0;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Workspace.Root, recursive: true);

    private (double Fixed, double PerEntry) CatalogueSizes(string folder, IReadOnlyList<StructureEntry> sample, int chunkSize)
    {
        var all = SizeOf(folder);
        var one = Catalogue.Create(sample.Take(1), chunkSize).Save(Workspace.At("single"), "one");
        var single = SizeOf(one);
        var each = sample.Count > 1 ? (all - single) / (sample.Count - 1.0) : single;
        return (Math.Max(0, single - each), each);
    }

    private RehearsalPlan PlanFor(JobSizes sizes, NamedCatalogue catalogue, int world, EstimateRequest request)
    {
        var stages = new List<TrainingStage>();
        var encoder = Job.Autoencoder.From;
        if (sizes.TrainsAutoencoder)
        {
            stages.AddRange(AutoencoderStage.Stages(new Settings(Job, Workspace), catalogue)
                .Select(s => s with { StartFrom = "", TotalSteps = sizes.AutoencoderSteps(s.StageId) }));
            encoder = Workspace.Autoencoder;
            // The finished autoencoder has the last stage's form; here with first weights.
            using var runtime = StageRuntimes.Create(stages[^1], Job, Workspace);
            runtime.SaveOutput();
        }

        if (request.TokensPerSecond is null)
        {
            stages.Add(TuningStage(sizes, catalogue.Folder));
        }

        return new RehearsalPlan
        {
            Catalogue = catalogue.Folder,
            Encoder = encoder,
            Codebook = Job.Codebook.From,
            Stages = stages,
            World = world,
            Trainers = Job.Cluster.Trainers,
            Seconds = request.Seconds,
        };
    }

    private TrainingStage TuningStage(JobSizes sizes, string catalogue)
    {
        var steps = sizes.TuningSteps;
        return new TrainingStage
        {
            StageId = Tuning,
            Objective = ObjectiveKind.StructureTuning,
            Samples = SampleKind.Tokens,
            Catalogue = catalogue,
            GlobalBatch = Job.Tuning.GlobalBatch,
            TotalSteps = steps,
            WarmupSteps = steps / 10,
            LearningRate = Job.Tuning.LearningRate,
            Seed = StageSteps.Seed(Job.Seed, Tuning),
            Checkpoints = Workspace.Checkpoints,
            Output = Workspace.Model,
            Tokens = RehearsalPlan.TokensOf(0),
            Clusters = ModelSizes.ClustersOf(Job),
        };
    }

    // The stages of a job are worked out from its settings and paths; nothing is run.
    private sealed record Settings(JobOptions Job, Workspace Workspace) : IJobServices
    {
        public Task<LedgerTotals> WorkAsync(LedgerSetup setup, Action<LedgerProgress> progress, CancellationToken cancel) =>
            throw new NotSupportedException("an estimate has no cluster");

        public Task TrainAsync(TrainingStage stage, Action<StepReport> progress, CancellationToken cancel) =>
            throw new NotSupportedException("an estimate has no cluster");

        public void Emit(RunEvent @event)
        {
        }
    }
}
