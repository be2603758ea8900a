using Ism.Coordinator.Api;
using Microsoft.Extensions.Hosting;

namespace Ism.Coordinator.Web;

/// <summary>A change of the cluster's nodes.</summary>
/// <param name="Time">When it was seen (UTC).</param>
/// <param name="Node">The node.</param>
/// <param name="Role">Its role.</param>
/// <param name="What">E.g. "came", "gone", "unreachable".</param>
public sealed record NodeChange(DateTimeOffset Time, string Node, string Role, string What);

/// <summary>Which nodes came, went, or changed their status since this coordinator began. Thread-safe.</summary>
/// <param name="jobs">The jobs.</param>
/// <param name="clock">Tells the time.</param>
public sealed class NodeDiary(ApiJobs jobs, TimeProvider clock) : BackgroundService
{
    private const int MostChanges = 100;
    private static readonly TimeSpan FormsWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private readonly Queue<NodeChange> _changes = [];
    private Dictionary<string, NodeView> _known = [];
    private string _job = "";
    private DateTimeOffset _formingUntil = DateTimeOffset.MinValue;

    /// <summary>The changes, the newest last.</summary>
    public IReadOnlyList<NodeChange> Changes()
    {
        lock (_lock)
        {
            return [.. _changes];
        }
    }

    /// <summary>Takes the nodes as they are now. Between two jobs the cluster is formed anew by the same nodes, which is no news.</summary>
    /// <param name="job">The job whose cluster it is.</param>
    /// <param name="nodes">Its nodes.</param>
    public void Take(string job, IReadOnlyList<NodeView> nodes)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (job != _job && _known.Count > 0)
            {
                _formingUntil = now + FormsWithin;
            }

            var forming = now < _formingUntil;
            _job = job;
            var seen = new Dictionary<string, NodeView>();
            foreach (var node in nodes.Where(IsKnown))
            {
                seen[node.Name] = node;
                if (!_known.TryGetValue(node.Name, out var before))
                {
                    Note(new NodeChange(now, node.Name, node.Role, node.Status == "up" ? "came" : $"came ({node.Status})"));
                }
                else if (before.Status != node.Status)
                {
                    Note(new NodeChange(now, node.Name, node.Role, node.Status));
                }
                else if (before.Address != node.Address && !forming)
                {
                    Note(new NodeChange(now, node.Name, node.Role, "came again"));
                }
            }

            foreach (var gone in _known.Values.Where(n => !seen.ContainsKey(n.Name)).OrderBy(n => n.Name, StringComparer.Ordinal))
            {
                if (forming)
                {
                    seen[gone.Name] = gone;
                }
                else
                {
                    Note(new NodeChange(now, gone.Name, gone.Role, "gone"));
                }
            }

            _known = seen;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                // Between two jobs there is no cluster; its nodes are the same ones afterwards.
                if (jobs.Find("current") is { } job && jobs.NodesOf(job) is { Count: > 0 } nodes)
                {
                    Take(job.Id, nodes);
                }
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
            {
                // The storage is away, or the membership just ends: the next look will do.
            }
        }
    }

    // One that joins or has just left has an address and no name.
    private static bool IsKnown(NodeView node) => node.Status != "joining" && !node.Name.Contains('@', StringComparison.Ordinal);

    private void Note(NodeChange change)
    {
        _changes.Enqueue(change);
        if (_changes.Count > MostChanges)
        {
            _changes.Dequeue();
        }
    }
}
