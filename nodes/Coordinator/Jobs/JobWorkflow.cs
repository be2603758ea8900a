using Ism.Corpus;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// The way of a job from structures to a tuned model. Every stage finds what an earlier run has finished, so running it again after
/// any interruption goes on where it stopped.
/// </summary>
public static class JobWorkflow
{
    private const string TuningStage = "structure-tuning";

    /// <summary>Runs the whole job.</summary>
    /// <exception cref="JobFailedException">It cannot go on; says why.</exception>
    public static async Task RunAsync(IJobServices services, CancellationToken cancel)
    {
        var catalogues = CatalogueStage.Run(services);
        var encoder = await AutoencoderStage.RunAsync(services, catalogues.Experimental, cancel);
        var codebook = await CodebookStage.RunAsync(services, catalogues.Experimental, encoder, cancel);
        var mutrank = await MutRankStage.RunAsync(services, catalogues.Experimental, cancel);
        var teachers = TeacherStage.Run(services, catalogues, MutRankStage.Identity(services, codebook, mutrank));
        teachers = teachers with { Identity = FeatureStage.Identity(services.Job, teachers.Identity) };
        var tokens = StartTokens(services, catalogues, encoder, codebook, mutrank, teachers, cancel);

        await tokens.Corpus.FirstReady.WaitAsync(cancel);
        TeacherStage.Check(services, tokens.Corpus.Folder, tokens.Order.Take(services.Job.Codebook.ExcludedTokenChunks));
        var excluded = ExcludedTokenStage.Choose(services, catalogues.Corpus, tokens.Corpus.Folder, codebook, tokens.Order);
        var others = ExcludedTokenStage.OfTeachers(services, catalogues.Corpus, tokens.Corpus.Folder, tokens.Order);
        var stage = Stage(services, catalogues, tokens, codebook, excluded.Token) with
        {
            Teachers = TeacherStage.Heads(services, [.. others.Select(other => other.Token)]),
            Features = FeatureStage.Run(services, tokens.Corpus.Folder, teachers.Identity, tokens.Order, excluded.Token),
        };
        services.Emit(RunEvent.Now(RunEventKind.Started, RunStages.Tuning, 0, stage.TotalSteps, $"excluded token: {excluded.Reason}"));
        CheckpointNote.Emit(services, RunStages.Tuning, stage);
        var tuning = services.TrainAsync(
            stage, r => services.Emit(Events.Step(RunStages.Tuning, r, 0, stage.TotalSteps)), cancel);
        await FirstFailure(tuning, tokens.Corpus.All, tokens.Heldout?.All);

        services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Tuning, stage.TotalSteps, stage.TotalSteps));
        services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Export, 1, 1, services.Workspace.At(Workspace.Model)));
        ReportStage.Run(services, catalogues, tokens, codebook, [excluded, .. others]);
        services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Report, 1, 1, services.Workspace.At(Workspace.Report)));
    }

    private static TokenisedCatalogues StartTokens(
        IJobServices services, JobCatalogues catalogues, string encoder, string codebook, ChunkEncoder? mutrank, SortedTeachers teachers,
        CancellationToken cancel)
    {
        ChunkEncoder[] further = mutrank is null ? [] : [mutrank];
        var order = new SampleOrder(
            catalogues.Corpus.Catalogue.Count,
            catalogues.Corpus.Catalogue.ChunkSize,
            StageSteps.Seed(services.Job.Seed, TuningStage),
            services.Job.Corpus.WindowChunks).ChunkOrder(0);
        services.Emit(RunEvent.Now(RunEventKind.Started, RunStages.Tokens, 0, order.Count));
        var course = new TokenCourse(services.Emit, catalogues.Heldout is not null);
        TokenWork? heldout = null;
        if (catalogues.Heldout is { } named)
        {
            var all = Enumerable.Range(0, named.Catalogue.ChunkCount).ToArray();
            heldout = TokenStage.Start(
                services, named, all, encoder, codebook, teachers.Identity, teachers.Heldout, further, all.Length, course.Heldout, cancel);
        }

        var first = Math.Min(order.Count, services.Job.Codebook.ExcludedTokenChunks);
        var corpus = TokenStage.Start(
            services, catalogues.Corpus, order, encoder, codebook, teachers.Identity, teachers.Corpus, further, first, course.Corpus, cancel);
        return new TokenisedCatalogues(corpus, heldout, order);
    }

    private static TrainingStage Stage(
        IJobServices services, JobCatalogues catalogues, TokenisedCatalogues tokens, string codebook, int? excluded)
    {
        var tuning = services.Job.Tuning;
        var count = catalogues.Corpus.Catalogue.Count;
        return new TrainingStage
        {
            StageId = TuningStage,
            Objective = ObjectiveKind.StructureTuning,
            Samples = SampleKind.Tokens,
            Catalogue = catalogues.Corpus.Folder,
            Heldout = catalogues.Heldout?.Folder ?? "",
            GlobalBatch = tuning.GlobalBatch,
            TotalSteps = StageSteps.Of(count, tuning.GlobalBatch, tuning.Epochs),
            WarmupSteps = tuning.WarmupEpochs > 0 ? StageSteps.Of(count, tuning.GlobalBatch, tuning.WarmupEpochs) : 0,
            LearningRate = tuning.LearningRate,
            Seed = StageSteps.Seed(services.Job.Seed, TuningStage),
            Checkpoints = Workspace.Checkpoints,
            Output = Workspace.Model,
            Tokens = tokens.Corpus.Folder,
            HeldoutTokens = tokens.Heldout?.Folder ?? "",
            Clusters = StructureCodebook.Load(services.Workspace.At(codebook)).Tokens,
            ExcludedToken = excluded ?? -1,
        };
    }

    // Training waits for tokens, so a tokenising that failed must end it at once instead of at a deadline.
    private static async Task FirstFailure(params Task?[] tasks)
    {
        var open = tasks.OfType<Task>().ToList();
        while (open.Count > 0)
        {
            var done = await Task.WhenAny(open);
            await done;
            open.Remove(done);
        }
    }
}

/// <summary>Tokenising of a job's catalogues, under way or done.</summary>
public sealed record TokenisedCatalogues(TokenWork Corpus, TokenWork? Heldout, IReadOnlyList<int> Order);
