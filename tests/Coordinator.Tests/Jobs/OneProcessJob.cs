using Ism.Coordinator.Jobs;
using Ism.Coordinator.Ledger;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Models.Autoencoder;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;
using Ism.Structures.Synthesis;

namespace Ism.Coordinator.Tests.Jobs;

/// <summary>A job without a cluster: chunk work is done on the spot, and training leaves a model of first weights.</summary>
internal sealed class OneProcessJob : IJobServices, IDisposable
{
    private const long Seed = 31;
    private readonly string _root = Directory.CreateTempSubdirectory("ism-job-").FullName;
    private readonly FeaturizerContext _context;
    private readonly ChunkWorker _worker;

    /// <param name="proteins">Generated structures.</param>
    /// <param name="chunkSize">Structures in a chunk.</param>
    /// <param name="mutrank">MutRank's settings, with the folder of the structures' generated alignments; null: no MutRank.</param>
    public OneProcessJob(int proteins, int chunkSize, Func<string, MutRankOptions>? mutrank = null)
    {
        Structures = Path.Combine(_root, "structures");
        Alignments = Path.Combine(_root, "alignments");
        SyntheticCorpus.Write(
            Structures, proteins, Seed, new SynthesisOptions { MinLength = 24, MaxLength = 40 },
            alignments: mutrank is null ? null : new(Alignments, 8));
        Workspace = new Workspace(Path.Combine(_root, "workspace"));
        Directory.CreateDirectory(Workspace.Root);
        Job = new JobOptions
        {
            Name = "one-process",
            Seed = Seed,
            Corpus = new CorpusOptions { Structures = [Structures], ChunkSize = chunkSize },
            Codebook = new CodebookOptions { Clusters = 5, Elbow = [2, 5], ResiduesPerStructure = 6, MaxIterations = 4 },
            Autoencoder = new AutoencoderOptions { Stage1Epochs = 1, Stage2Epochs = 1, GlobalBatch = 4 },
            Tuning = new TuningOptions { GlobalBatch = 4, Epochs = 2, WarmupEpochs = 0 },
            Mutrank = mutrank?.Invoke(Alignments) ?? new(),
        };
        _context = new FeaturizerContext(Workspace, Job);
        _worker = new ChunkWorker(_context);
    }

    public JobOptions Job { get; set; }

    public Workspace Workspace { get; }

    public string Structures { get; }

    /// <summary>Folder of the structures' alignments.</summary>
    public string Alignments { get; }

    public List<RunEvent> Events { get; } = [];

    /// <summary>Works done, in their order.</summary>
    public List<WorkKind> Works { get; } = [];

    /// <summary>Stages trained, in their order.</summary>
    public List<TrainingStage> Stages { get; } = [];

    /// <summary>Work of this kind is given up.</summary>
    public WorkKind? Broken { get; set; }

    /// <summary>Structure-tuning never ends.</summary>
    public bool TuningHangs { get; set; }

    public Task<LedgerTotals> WorkAsync(LedgerSetup setup, Action<LedgerProgress> progress, CancellationToken cancel)
    {
        Works.Add(setup.Work.Kind);
        if (setup.Work.Kind == Broken)
        {
            return Task.FromException<LedgerTotals>(new JobFailedException("chunk 0 failed again and again: the disk is full"));
        }

        var totals = new LedgerTotals(0, setup.Order.Count, 0, 0, 0);
        foreach (var chunk in setup.Order)
        {
            var result = _worker.Run(setup.Work, chunk, _ => { }, cancel);
            totals = new LedgerTotals(
                totals.Chunks + 1, setup.Order.Count, totals.Structures + result.Structures, totals.Quarantined + result.Quarantined,
                totals.Residues + result.Residues);
            progress(new LedgerProgress(setup.Work.WorkId, totals, 0, [chunk]));
        }

        return Task.FromResult(totals);
    }

    public Task TrainAsync(TrainingStage stage, Action<StepReport> progress, CancellationToken cancel)
    {
        Stages.Add(stage);
        if (stage.Objective == ObjectiveKind.StructureTuning)
        {
            return TuningHangs ? new TaskCompletionSource().Task.WaitAsync(cancel) : Task.CompletedTask;
        }

        var shape = new AutoencoderShape { Layers = 1, DecoderLayers = 1, Width = 16, Heads = 2, LayerScale = 0.1 };
        using var model = new AtomicAutoencoder(
            stage.Objective == ObjectiveKind.EvoRank ? shape with { Decoder = false, Head = Job.Mutrank.Target } : shape, (ulong)stage.Seed);
        model.Save(Workspace.At(stage.Output));
        return Task.CompletedTask;
    }

    public void Emit(RunEvent @event)
    {
        lock (Events)
        {
            Events.Add(@event);
        }
    }

    public void Dispose()
    {
        _worker.Dispose();
        _context.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
