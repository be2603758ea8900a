using System.Collections.Concurrent;
using Ism.Cluster.Home;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>What the API and the page know and do about jobs, without HTTP. Thread-safe.</summary>
/// <param name="places">The jobs.</param>
/// <param name="door">The way to the job that runs.</param>
public sealed class ApiJobs(IJobPlaces places, JobDoor door)
{
    /// <summary>Stands for the job that runs.</summary>
    public const string Current = "current";

    private const int MostNamed = 10;
    private static readonly TimeSpan CheckpointPatience = TimeSpan.FromMinutes(30);
    private readonly ConcurrentDictionary<string, JobHistory> _histories = new();

    /// <summary>All jobs in the order of the queue.</summary>
    public IReadOnlyList<JobSummary> All()
    {
        var all = places.All();
        return [.. all.Select(j => Summary(j, all))];
    }

    /// <summary>The job of an id, of the beginning of one, or "current" for the one that runs; null when there is none.</summary>
    public HomeJob? Find(string id) =>
        id == Current ? places.All().FirstOrDefault(j => j.State == HomeJobState.Current) : places.Find(id);

    /// <summary>What to say of an id for which there is no job.</summary>
    public string WhyNot(string id)
    {
        var all = places.All();
        if (all.Count == 0)
        {
            return "none was submitted yet; `ism submit JOB.yaml` does it";
        }

        if (id == Current)
        {
            var last = all.MaxBy(j => j.Ended ?? DateTimeOffset.MinValue)!;
            return $"the last one was {last.Id} ({last.State.ToString().ToLowerInvariant()}); name it (`--job {last.Id}`), or submit another";
        }

        return $"{id} is none of {string.Join(", ", all.TakeLast(MostNamed).Select(j => j.Id))}{(all.Count > MostNamed ? ", …" : "")}";
    }

    /// <summary>Events and steps of a job.</summary>
    public JobHistory HistoryOf(HomeJob job) => _histories.GetOrAdd(job.Workspace, path => new JobHistory(new Workspace(path)));

    /// <summary>Where a job stands.</summary>
    public async Task<JobView> ViewAsync(HomeJob job, CancellationToken cancel)
    {
        var (stages, recent, step) = HistoryOf(job).Now();
        var view = new JobView { Job = Summary(job, places.All()), Stages = stages, Recent = recent, Training = step };
        if (job.State != HomeJobState.Current || await StatusOf(job, cancel) is not { } status)
        {
            return view;
        }

        return view with
        {
            Live = true,
            Paused = status.Paused,
            Incarnation = status.Incarnation,
            DrivenBy = status.DrivenBy,
            Generation = status.Generation > 0 ? new GenerationView(status.Generation, status.Members, status.WaitsFor) : null,
            Works = status.Works,
            Nodes = door.Nodes(job.Workspace),
            Trainers = status.Trainers,
            Featurizers = status.Featurizers,
        };
    }

    /// <summary>Which chunks of a work are where; null when the job does not run here or the work is not open.</summary>
    public async Task<ChunkMap?> ChunksAsync(HomeJob job, string workId, CancellationToken cancel) =>
        await door.AskAsync<ChunkMap>(job.Workspace, new ChunkMapRequest(workId), null, cancel) is { WorkId.Length: > 0 } map ? map : null;

    /// <summary>Tells a job something.</summary>
    /// <exception cref="TimeoutException">The job did not answer.</exception>
    public async Task<CommandView> TellAsync(HomeJob job, JobCommand command, CancellationToken cancel)
    {
        if (job.Ended is not null)
        {
            return new CommandView(false, $"{job.Id} has ended: {job.Error ?? "it is complete"}");
        }

        if (command.Kind == JobCommandKind.Cancel && (job.State == HomeJobState.Queued || !door.IsOpenFor(job.Workspace)))
        {
            return CancelQueued(job, command.By);
        }

        if (job.State == HomeJobState.Queued)
        {
            return new CommandView(false, $"{job.Id} has not begun: others come before it");
        }

        TimeSpan? patience = command.Kind == JobCommandKind.Checkpoint ? CheckpointPatience : null;
        var answer = await door.AskAsync<JobAnswer>(job.Workspace, command, patience, cancel);
        return answer is null
            ? new CommandView(false, $"this coordinator is not in the cluster of {job.Id} at the moment; ask again in a few seconds")
            : new CommandView(answer.Done, answer.Message);
    }

    /// <summary>Nodes of a job's cluster; null when this node is no member of it.</summary>
    public IReadOnlyList<NodeView>? NodesOf(HomeJob job) => door.IsOpenFor(job.Workspace) ? door.Nodes(job.Workspace) : null;

    /// <summary>The log of a node, of the job's own or of the cluster's nodes; null when there is none.</summary>
    public string? LogOf(HomeJob job, string node) => ((Workspace?[])[new Workspace(job.Workspace), places.Shared]).OfType<Workspace>()
        .Select(place => JobFiles.Find(place, $"{Workspace.Logs}/{node}.log")).FirstOrDefault(path => path is not null);

    /// <summary>Nodes that have left a log, of the job's own or of the cluster's.</summary>
    public IReadOnlyList<string> LogsOf(HomeJob job) =>
    [
        .. ((Workspace?[])[new Workspace(job.Workspace), places.Shared]).OfType<Workspace>()
            .Select(place => place.At(Workspace.Logs)).Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.log"))
            .Select(path => Path.GetFileNameWithoutExtension(path)).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Puts a job into the queue; null where there is none.</summary>
    public Submission? Submit(JobOptions job, string by) => places.Submit(job, by);

    /// <summary>The summary of a job.</summary>
    public JobSummary Summary(HomeJob job) => Summary(job, places.All());

    private static JobSummary Summary(HomeJob job, IReadOnlyList<HomeJob> all)
    {
        int? place = job.Ended is null ? all.Count(j => j.Ended is null && j.Number < job.Number) : null;
        return new JobSummary(
            job.Id, NameOf(job), job.State.ToString().ToLowerInvariant(), place, job.Submitted, job.By, job.Ended, job.Error);
    }

    private static string NameOf(HomeJob job)
    {
        try
        {
            return new Workspace(job.Workspace).ReadJob().Name;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or System.Text.Json.JsonException)
        {
            return job.Id;
        }
    }

    private CommandView CancelQueued(HomeJob job, string by)
    {
        if (job.State != HomeJobState.Queued && new Ism.Cluster.Membership.MemberFiles(job.Workspace).All().Count > 0)
        {
            return new CommandView(false, $"nodes work on {job.Id}, but this coordinator does not reach them; ask again in a few seconds");
        }

        places.CancelQueued(job, by);
        return new CommandView(true, $"{job.Id} is cancelled; it had not begun");
    }

    private async Task<JobStatus?> StatusOf(HomeJob job, CancellationToken cancel)
    {
        try
        {
            return await door.AskAsync<JobStatus>(job.Workspace, new JobStatusRequest(), null, cancel);
        }
        catch (TimeoutException)
        {
            // On its way to another coordinator: what stands in files is shown meanwhile.
            return null;
        }
    }
}
