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
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private readonly Queue<NodeChange> _changes = [];
    private Dictionary<string, NodeView> _known = [];

    /// <summary>The changes, the newest last.</summary>
    public IReadOnlyList<NodeChange> Changes()
    {
        lock (_lock)
        {
            return [.. _changes];
        }
    }

    /// <summary>Takes the nodes as they are now.</summary>
    public void Take(IReadOnlyList<NodeView> nodes)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            var seen = new Dictionary<string, NodeView>();
            foreach (var node in nodes.Where(n => n.Status != "joining"))
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
                else if (before.Address != node.Address)
                {
                    Note(new NodeChange(now, node.Name, node.Role, "came again"));
                }
            }

            foreach (var gone in _known.Values.Where(n => !seen.ContainsKey(n.Name)).OrderBy(n => n.Name, StringComparer.Ordinal))
            {
                Note(new NodeChange(now, gone.Name, gone.Role, "gone"));
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
                    Take(nodes);
                }
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
            {
                // The storage is away, or the membership just ends: the next look will do.
            }
        }
    }

    private void Note(NodeChange change)
    {
        _changes.Enqueue(change);
        if (_changes.Count > MostChanges)
        {
            _changes.Dequeue();
        }
    }
}
