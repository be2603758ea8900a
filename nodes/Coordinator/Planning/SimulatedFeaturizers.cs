using Ism.Coordinator.Ledger;
using Ism.Structures.Numerics;

namespace Ism.Coordinator.Planning;

/// <summary>
/// Featurizers of a simulated job. A chunk goes to the node of its shard, whoever is free: that is what sharding does. Shards go to the
/// living node with the fewest when they are first needed, or when their node has died.
/// </summary>
internal sealed class SimulatedFeaturizers(
    PlannedJob job, Action<double, Action> after, Action<Lease> worked, Action<string> dead, Action returned)
{
    private readonly Node[] _nodes = [.. Enumerable.Range(0, job.Featurizers).Select(i => new Node($"featurizer-{i}"))];
    private readonly Node?[] _shards = new Node?[job.Shards];
    private readonly Random _random = new((int)CounterRandom.Key((ulong)job.Seed, 3, 5, 7));

    /// <summary>Nodes that live.</summary>
    public int Alive => _nodes.Count(n => n.Lives);

    /// <summary>Node-seconds of work.</summary>
    public double Busy { get; private set; }

    /// <summary>Nodes that died.</summary>
    public int Deaths { get; private set; }

    /// <summary>Starts the nodes' lives.</summary>
    public void Begin()
    {
        foreach (var node in _nodes)
        {
            ScheduleDeath(node);
        }
    }

    /// <summary>Gives a chunk to its node, which works on one after the other; its name.</summary>
    public string Take(Lease lease, int shard)
    {
        var node = _shards[shard] is { Lives: true } known ? known : _shards[shard] = Emptiest();
        node.Queue.Enqueue(lease);
        if (node.Queue.Count == 1)
        {
            Work(node);
        }

        return node.Name;
    }

    private Node Emptiest()
    {
        foreach (var node in _nodes)
        {
            node.Shards = 0;
        }

        foreach (var owner in _shards)
        {
            if (owner is { Lives: true })
            {
                owner.Shards++;
            }
        }

        return _nodes.Where(n => n.Lives).MinBy(n => n.Shards)
            ?? throw new InvalidOperationException("every featurizer of the simulated job is dead at once; raise meanLife");
    }

    private void Work(Node node)
    {
        var (lease, life) = (node.Queue.Peek(), node.Life);
        var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        // Of mean 1, so that the spread does not change the rate.
        var seconds = job.ChunkSize / job.StructuresPerSecond * Math.Exp((job.ChunkSpread * normal) - (job.ChunkSpread * job.ChunkSpread / 2));
        after(seconds, () =>
        {
            if (node.Life != life)
            {
                return;
            }

            Busy += seconds;
            node.Queue.Dequeue();
            if (node.Queue.Count > 0)
            {
                Work(node);
            }

            worked(lease);
        });
    }

    private void ScheduleDeath(Node node)
    {
        if (job.MeanLife <= 0)
        {
            return;
        }

        after(-Math.Log(1 - _random.NextDouble()) * job.MeanLife, () =>
        {
            if (Alive == 1)
            {
                // The last one is spared: a job without any featurizer only waits.
                ScheduleDeath(node);
                return;
            }

            Deaths++;
            node.Life++;
            node.Lives = false;
            node.Queue.Clear();
            after(job.DetectionSeconds, () => dead(node.Name));
            after(job.ReturnSeconds, () =>
            {
                node.Lives = true;
                ScheduleDeath(node);
                returned();
            });
        });
    }

    private sealed class Node(string name)
    {
        public string Name { get; } = name;

        public Queue<Lease> Queue { get; } = [];

        public bool Lives { get; set; } = true;

        public int Life { get; set; }

        public int Shards { get; set; }
    }
}
