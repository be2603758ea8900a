using Ism.Cluster.Home;
using Ism.Cluster.Membership;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>The jobs that an API serves.</summary>
public interface IJobPlaces
{
    /// <summary>All of them, in the order of the queue.</summary>
    IReadOnlyList<HomeJob> All();

    /// <summary>The job of an id, or of the beginning of one; null when there is none.</summary>
    HomeJob? Find(string id);

    /// <summary>Puts a job into the queue; null where there is none.</summary>
    Submission? Submit(JobOptions job, string by);

    /// <summary>Ends a job that waits in the queue.</summary>
    void CancelQueued(HomeJob job, string by);

    /// <summary>A folder below which the logs of nodes lie that are no job's own, with its logs in "logs"; null where there is none.</summary>
    Workspace? Shared { get; }
}

/// <summary>The jobs of a home.</summary>
public sealed class HomePlaces(JobHome home) : IJobPlaces
{
    /// <inheritdoc/>
    public IReadOnlyList<HomeJob> All() => home.All();

    /// <inheritdoc/>
    public HomeJob? Find(string id) => home.Find(id);

    /// <inheritdoc/>
    public Submission? Submit(JobOptions job, string by) => home.Submit(job, by);

    /// <inheritdoc/>
    public void CancelQueued(HomeJob job, string by) => home.CancelQueued(job, by);

    /// <inheritdoc/>
    public Workspace? Shared => new(home.Folder);
}

/// <summary>The one job of a workspace, as `ism run` has it.</summary>
public sealed class SinglePlace(Workspace workspace, JobOptions job) : IJobPlaces
{
    private readonly string _id = JobIdentity.Of(job);

    /// <inheritdoc/>
    public IReadOnlyList<HomeJob> All()
    {
        var ended = EndedMarker.TryRead(workspace.Root);
        var state = ended switch
        {
            null => HomeJobState.Current,
            { Error: null } => HomeJobState.Complete,
            { IsCancelled: true } => HomeJobState.Cancelled,
            _ => HomeJobState.Failed,
        };
        var begun = File.GetLastWriteTimeUtc(workspace.At(Workspace.Job));
        return [new HomeJob(_id, 1, workspace.Root, state, ended?.Error, new DateTimeOffset(begun, TimeSpan.Zero), "", ended?.Time)];
    }

    /// <inheritdoc/>
    public HomeJob? Find(string id) => id.Length > 0 && _id.StartsWith(id, StringComparison.Ordinal) ? All()[0] : null;

    /// <inheritdoc/>
    public Submission? Submit(JobOptions job, string by) => null;

    /// <inheritdoc/>
    public void CancelQueued(HomeJob job, string by) => throw new InvalidOperationException("the job of a workspace is never queued");

    /// <inheritdoc/>
    public Workspace? Shared => null;
}
