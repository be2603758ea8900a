using Ism.Coordinator.Ledger;
using Ism.Corpus;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>Tokenising of one catalogue, under way.</summary>
/// <param name="Folder">Folder of its token files below the workspace.</param>
/// <param name="FirstReady">Done when the first chunks of the order are committed.</param>
/// <param name="All">Done when every chunk is.</param>
public sealed record TokenWork(string Folder, Task FirstReady, Task<LedgerTotals> All);

/// <summary>Structure tokens for every chain of a catalogue, in the order in which the first epoch needs the chunks.</summary>
public static class TokenStage
{
    /// <summary>Starts tokenising.</summary>
    /// <param name="services">The cluster.</param>
    /// <param name="catalogue">What is tokenised.</param>
    /// <param name="order">Chunks in the order of need.</param>
    /// <param name="encoder">Folder of the encoder.</param>
    /// <param name="codebook">Folder of the codebook.</param>
    /// <param name="identity">Hash of encoder, codebook, further teachers, and whether embeddings are kept; tokens of others are not taken for these.</param>
    /// <param name="teachers">Further teachers, sorted by the chunks of this catalogue.</param>
    /// <param name="encoders">Further encoders, whose tokens stand beside the first one's.</param>
    /// <param name="first">Number of chunks for <see cref="TokenWork.FirstReady"/>.</param>
    /// <param name="progress">Called for each commit.</param>
    /// <param name="cancel">Gives up.</param>
    public static TokenWork Start(
        IJobServices services,
        NamedCatalogue catalogue,
        IReadOnlyList<int> order,
        string encoder,
        string codebook,
        string identity,
        ChunkTeacher[] teachers,
        ChunkEncoder[] encoders,
        int first,
        Action<LedgerProgress> progress,
        CancellationToken cancel)
    {
        var folder = $"{Workspace.Tokens}/{catalogue.Folder}-{identity[..8]}";
        var absolute = services.Workspace.At(folder);
        Directory.CreateDirectory(absolute);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var awaited = order.Take(first).ToHashSet();
        var work = new ChunkWork
        {
            WorkId = $"tokenise-{catalogue.Folder}-{identity[..8]}",
            Kind = WorkKind.Tokenise,
            Catalogue = catalogue.Folder,
            Output = folder,
            Encoder = encoder,
            Codebook = codebook,
            Seed = services.Job.Seed,
            Teachers = teachers,
            Features = FeatureStage.Wanted(services.Job),
            Encoders = encoders,
        };
        var setup = LedgerSetups.Of(services.Job, work, order, chunk => TokenFile.PathOf(absolute, chunk)).On(services.Workspace);
        var all = services.WorkAsync(setup, OnProgress, cancel);
        all.ContinueWith(
            t => ready.TrySetException(t.Exception!.InnerExceptions), cancel, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return new TokenWork(folder, ready.Task, all);

        void OnProgress(LedgerProgress p)
        {
            awaited.ExceptWith(p.NewlyCommitted);
            if (awaited.Count == 0)
            {
                ready.TrySetResult();
            }

            progress(p);
        }
    }
}
