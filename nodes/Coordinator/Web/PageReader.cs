using System.Collections.Concurrent;
using Ism.Cluster.Home;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Web;

/// <summary>Gathers what the page shows. Thread-safe.</summary>
/// <param name="jobs">The jobs.</param>
/// <param name="diary">Nodes that came and went.</param>
/// <param name="options">Which coordinator this is, and where others leave their addresses.</param>
/// <param name="clock">Tells the time.</param>
public sealed class PageReader(ApiJobs jobs, NodeDiary diary, ApiOptions options, TimeProvider clock)
{
    private const int EndedListed = 12;
    private readonly ConcurrentDictionary<string, TokenTally> _tallies = new();
    private readonly ConcurrentDictionary<string, (DateTime Written, QuarantineList List)> _quarantines = new();

    /// <summary>Gathers everything; null when the job that was chosen does not exist.</summary>
    /// <exception cref="ArgumentException">The id begins several jobs'.</exception>
    public async Task<PageModel?> ReadAsync(PageChoice choice, CancellationToken cancel)
    {
        var all = jobs.All();
        var open = all.Where(j => j.Ended is null).ToList();
        var ended = all.Where(j => j.Ended is not null).OrderByDescending(j => j.Ended).ToList();
        var model = new PageModel
        {
            Jobs = [.. open, .. ended.Take(EndedListed)],
            MoreJobs = Math.Max(0, ended.Count - EndedListed),
            ServedBy = options.NodeId,
            Others = [.. new ApiRecords(options.Folder).All().Where(r => r.Node != options.NodeId).Select(Origin).OfType<ApiRecord>()],
            NodeChanges = diary.Changes(),
            Choice = choice,
            Now = clock.GetUtcNow(),
        };
        var chosen = choice.Job ?? open.FirstOrDefault()?.Id ?? ended.FirstOrDefault()?.Id;
        if (chosen is null)
        {
            return model;
        }

        return jobs.Find(chosen) is { } job ? await WithJobAsync(model, job, cancel) : choice.Job is null ? model : null;
    }

    private async Task<PageModel> WithJobAsync(PageModel model, HomeJob job, CancellationToken cancel)
    {
        var view = await jobs.ViewAsync(job, cancel);
        var history = jobs.HistoryOf(job);
        var stages = history.TrainedStages();
        var stage = model.Choice.Stage is { } wanted && stages.Contains(wanted) ? wanted : stages.LastOrDefault();
        var workspace = new Workspace(job.Workspace);
        var (tokens, refused) = _tallies.GetOrAdd(job.Workspace, _ => new TokenTally(workspace)).Look();
        return model with
        {
            View = view,
            TrainedStages = stages,
            Curves = stage is null ? null : CurveReader.Of(history, stage),
            Generations = history.Generations(),
            Chunks = await ChunksAsync(job, view, cancel),
            Tokens = tokens,
            ExcludedToken = history.ExcludedToken(),
            Quarantine = Written(workspace) ?? refused,
        };
    }

    private async Task<IReadOnlyList<ChunkGrid>> ChunksAsync(HomeJob job, JobView view, CancellationToken cancel)
    {
        var grids = new List<ChunkGrid>();
        foreach (var work in view.Works.Where(w => w.Total <= ChunkGrid.MostChunks))
        {
            try
            {
                if (await jobs.ChunksAsync(job, work.WorkId, cancel) is { } map)
                {
                    grids.Add(ChunkGrid.Of(work, map, a => view.Nodes.FirstOrDefault(n => n.Address == a)?.Name ?? a));
                }
            }
            catch (TimeoutException)
            {
                // On its way to another coordinator; the next page has it.
                break;
            }
        }

        return grids;
    }

    private QuarantineList? Written(Workspace workspace)
    {
        try
        {
            var written = File.GetLastWriteTimeUtc(workspace.At(Workspace.Quarantine));
            if (_quarantines.TryGetValue(workspace.Root, out var known) && known.Written == written)
            {
                return known.List;
            }

            if (QuarantineList.TryRead(workspace) is not { } list)
            {
                return null;
            }

            _quarantines[workspace.Root] = (written, list);
            return list;
        }
        catch (IOException)
        {
            return null;
        }
    }

    // Addresses stand in files; only what is one, and nothing behind it, goes into the page and its policy.
    private static ApiRecord? Origin(ApiRecord record) =>
        Uri.TryCreate(record.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? record with { Url = url.GetLeftPart(UriPartial.Authority) }
            : null;
}
