using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Xunit.Abstractions;

namespace Ism.Cluster.Tests.Partitions;

/// <summary>Several nodes in this process over real connections, with links that can be cut, and a workspace of their own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    // The scenarios take 5 to 15 s on a quiet machine.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private readonly ITestOutputHelper _output;
    private readonly ConcurrentDictionary<(string, string), bool> _cut = new();
    private readonly List<TestNode> _nodes = [];
    private readonly Stopwatch _phase = new();

    public TestCluster(ITestOutputHelper output)
    {
        _output = output;
        Directory.CreateDirectory(Workspace);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("ism-partitions-").FullName;

    public string Workspace => Path.Combine(Root, "workspace");

    public IReadOnlyList<TestNode> Nodes => _nodes;

    /// <summary>The job's singletons that live now, by node.</summary>
    public ConcurrentDictionary<Guid, string> Singletons { get; } = new();

    /// <summary>Name of the lease's holder; null when there is none.</summary>
    public string? Holder => new ClusterFiles(Workspace).Lease() is { Released: false } lease ? lease.Holder : null;

    public TestNode this[string name] => _nodes.Single(n => n.Name == name);

    /// <summary>Starts nodes one role after the other, and waits until they are one cluster.</summary>
    public static async Task<TestCluster> FormAsync(ITestOutputHelper output, int coordinators, int featurizers, int trainers)
    {
        var cluster = new TestCluster(output);
        foreach (var (role, count) in new[]
        {
            (NodeRoles.Coordinator, coordinators), (NodeRoles.Featurizer, featurizers), (NodeRoles.Trainer, trainers),
        })
        {
            for (var number = 0; number < count; number++)
            {
                cluster.Start(role, number);
                // Only so that tests know who is the oldest.
                await (role == NodeRoles.Coordinator ? cluster.WholeAsync("start") : Task.CompletedTask);
            }
        }

        await cluster.WholeAsync("start");
        return cluster;
    }

    public TestNode Start(string role, int number)
    {
        var node = new TestNode(this, role, number);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Ends a node ungracefully.</summary>
    public async Task KillAsync(TestNode node)
    {
        _nodes.Remove(node);
        await node.KillAsync();
        // Its name may be used again, and is then another process.
        foreach (var link in _cut.Keys.Where(l => l.Item1 == node.Name || l.Item2 == node.Name).ToList())
        {
            _cut.TryRemove(link, out _);
        }
    }

    /// <summary>Ends a node politely, which has left when this returns.</summary>
    public async Task StopAsync(TestNode node)
    {
        _nodes.Remove(node);
        await node.StopAsync();
    }

    /// <summary>Cuts all links of nodes to those that are not among them.</summary>
    public Task CutAsync(params TestNode[] island) => LinkAsync(true, island);

    /// <summary>Heals all links of nodes to those that are not among them.</summary>
    public Task HealAsync(params TestNode[] island) => LinkAsync(false, island);

    /// <summary>Cuts what is cut also for a node that has started again under a new address.</summary>
    public async Task ApplyCutsAsync(TestNode node)
    {
        foreach (var other in _nodes.ToList().Where(o => IsCut(o, node)))
        {
            await SetAsync(node, other, true);
        }
    }

    /// <summary>Waits until all nodes are members of one cluster, reachable to all, with one singleton and one holder.</summary>
    public Task<TimeSpan> WholeAsync(string phase) => UntilAsync(phase, "one cluster of all nodes with one singleton and one lease", () =>
    {
        var all = _nodes.Select(n => n.Address?.ToString()).Order().ToList();
        return _nodes.FirstOrDefault(n => !all.SequenceEqual(n.Sees) || !all.SequenceEqual(n.Counts)) is { } odd
            ? $"{odd.Name} sees {string.Join(' ', odd.Sees)} of {string.Join(' ', odd.Counts)}; there are {string.Join(' ', all)}"
            : _nodes.FirstOrDefault(n => !n.IsIn) is { } outside ? $"{outside.Name} has not joined"
            : Singletons.Count != 1 ? $"{Singletons.Count} singletons" : Holder is null ? "no holder" : null;
    });

    /// <summary>Waits for a condition, which gives null when it holds, else what it found. Never sees two singletons.</summary>
    public Task<TimeSpan> UntilAsync(string phase, string expected, Func<string?> condition) =>
        UntilAsync(phase, expected, () => Task.FromResult(condition()));

    /// <summary>Waits until none of some nodes counts any of others as a member.</summary>
    public Task<TimeSpan> RemovedAsync(string phase, IReadOnlyList<TestNode> among, IReadOnlyList<string> addresses) =>
        UntilAsync(phase, "the lost are removed", () => among.FirstOrDefault(n => n.Counts.Intersect(addresses).Any()) is { } node
            ? $"{node.Name} counts {string.Join(' ', node.Counts.Intersect(addresses))}" : null);

    /// <summary>Sharded entities answer, wherever they are.</summary>
    public Task<TimeSpan> EntitiesAnswerAsync(string phase, TestNode from) => UntilAsync(phase, "20 entities answer", async () =>
    {
        var region = ClusterSharding.Get(from.System!).ShardRegion("echo");
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => region.Ask<string>($"entity-{i}", TimeSpan.FromSeconds(1))));
            return null;
        }
        catch (AskTimeoutException e)
        {
            return e.Message;
        }
    });

    private async Task<TimeSpan> UntilAsync(string phase, string expected, Func<Task<string?>> condition)
    {
        _phase.Restart();
        while (await condition() is { } found)
        {
            var singletons = Singletons.Values.ToList();
            Assert.True(singletons.Count <= 1, $"{phase}: two singletons, on {string.Join(" and ", singletons)}\n{CapturedLog.Of(Root)}");
            Assert.True(
                _phase.Elapsed < Deadline,
                $"{phase}: expected {expected}, found after {_phase.Elapsed.TotalSeconds:F0} s: {found}\n{CapturedLog.Of(Root)}");
            await Task.Delay(20);
        }

        var took = _phase.Elapsed.TotalSeconds;
        _output.WriteLine($"{phase}: {expected} after {took:F1} s, about {took * TestNode.Faster:F0} s with the usual times");
        CapturedLog.Add(Root, $"*** {phase}: {expected}");
        return _phase.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(n => n.StopAsync()));
        Directory.Delete(Root, recursive: true);
    }

    private async Task LinkAsync(bool cut, TestNode[] island)
    {
        foreach (var (inside, outside) in island.SelectMany(i => _nodes.Except(island).Select(o => (i, o))))
        {
            _cut[(inside.Name, outside.Name)] = _cut[(outside.Name, inside.Name)] = cut;
            await SetAsync(inside, outside, cut);
        }

        CapturedLog.Add(Root, $"*** {(cut ? "cut" : "healed")}: {string.Join(' ', island.Select(i => i.Name))}");
    }

    private static async Task SetAsync(TestNode a, TestNode b, bool cut)
    {
        if (a.Address is { } from && b.Address is { } to)
        {
            await a.LinkAsync(to, cut);
            await b.LinkAsync(from, cut);
        }
    }

    private bool IsCut(TestNode a, TestNode b) => _cut.GetValueOrDefault((a.Name, b.Name));
}
