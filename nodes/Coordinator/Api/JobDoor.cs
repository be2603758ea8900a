using Akka.Actor;
using Akka.Cluster;
using Ism.Cluster.Membership;

namespace Ism.Coordinator.Api;

/// <summary>The way from the API, which lives as long as the process, to the job that this node is a member of now. Thread-safe.</summary>
public sealed class JobDoor
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private volatile Opening? _open;

    /// <summary>This node is a member of the cluster of a job.</summary>
    public void Open(ActorSystem system, IActorRef job, string workspace) => _open = new Opening(system, job, Path.GetFullPath(workspace));

    /// <summary>It is a member no more.</summary>
    public void Close(ActorSystem system)
    {
        if (_open is { } open && open.System == system)
        {
            _open = null;
        }
    }

    /// <summary>Whether this node is a member of the cluster of a job.</summary>
    public bool IsOpenFor(string workspace) => _open is { } open && open.Workspace == Path.GetFullPath(workspace);

    /// <summary>Asks the job; null when this node is no member of its cluster.</summary>
    /// <exception cref="TimeoutException">No answer came: the job may be on its way to a standby.</exception>
    public async Task<TAnswer?> AskAsync<TAnswer>(string workspace, object message, TimeSpan? patience, CancellationToken cancel)
        where TAnswer : class
    {
        if (_open is not { } open || open.Workspace != Path.GetFullPath(workspace))
        {
            return null;
        }

        var time = patience ?? Soon;
        try
        {
            return await open.Job.Ask<TAnswer>(message, time, cancel);
        }
        catch (AskTimeoutException)
        {
            throw new TimeoutException($"the job did not answer within {time.TotalSeconds:F0} s; it may be on its way to another coordinator");
        }
    }

    /// <summary>The nodes of a job's cluster, as this node sees them and as they have left their addresses in the workspace.</summary>
    public IReadOnlyList<NodeView> Nodes(string workspace)
    {
        var files = new MemberFiles(workspace).All();
        if (_open is not { } open || open.Workspace != Path.GetFullPath(workspace))
        {
            return [];
        }

        var state = Akka.Cluster.Cluster.Get(open.System).State;
        var unreachable = state.Unreachable.Select(m => m.UniqueAddress).ToHashSet();
        return
        [
            .. state.Members.Select(m => new NodeView(
                files.FirstOrDefault(f => f.Address == m.Address.ToString())?.Node ?? m.Address.HostPort(),
                m.Roles.FirstOrDefault() ?? "",
                m.Address.ToString(),
                unreachable.Contains(m.UniqueAddress) ? "unreachable" : StatusOf(m.Status))).OrderBy(n => n.Role, StringComparer.Ordinal).ThenBy(n => n.Name, StringComparer.Ordinal),
        ];
    }

    private static string StatusOf(MemberStatus status) => status.ToString().ToLowerInvariant();

    private sealed record Opening(ActorSystem System, IActorRef Job, string Workspace);
}
