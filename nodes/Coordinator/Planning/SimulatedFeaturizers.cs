using Ism.Coordinator.Ledger;
using Ism.Structures.Numerics;

namespace Ism.Coordinator.Planning;

/// <summary>
/// Featurizers of a simulated job, each of which works on its leases one after the other. Who dies is found dead later, and what it was
/// given meanwhile is lost with it.
/// </summary>
internal sealed class SimulatedFeaturizers(
    PlannedJob job, Action<double, Action> after, Action<Lease> worked, Action<string> dead, Action<string> present)
{
    private readonly Node[] _nodes = [.. Enumerable.Range(0, job.Featurizers).Select(i => new Node($"featurizer-{i}"))];
    private readonly Dictionary<string, Node> _byName = [];
    private readonly Random _random = new((int)CounterRandom.Key((ulong)job.Seed, 3, 5, 7));

    /// <summary>Node-seconds of work.</summary>
    public double Busy { get; private set; }

    /// <summary>Nodes that died.</summary>
    public int Deaths { get; private set; }

    /// <summary>Starts the nodes' lives.</summary>
    public void Begin()
    {
        foreach (var node in _nodes)
        {
            _byName[node.Name] = node;
            ScheduleDeath(node);
            present(node.Name);
        }
    }

    /// <summary>Gives a chunk to its node.</summary>
    public void Take(Lease lease)
    {
        var node = _byName[lease.Node];
        if (!node.Lives)
        {
            return;
        }

        node.Queue.Enqueue(lease);
        if (node.Queue.Count == 1)
        {
            Work(node);
        }
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
            if (_nodes.Count(n => n.Lives) == 1)
            {
                // The last one is spared: a job without any featurizer only waits.
                ScheduleDeath(node);
                return;
            }

            Deaths++;
            node.Life++;
            node.Lives = false;
            node.Queue.Clear();
            var life = node.Life;
            after(job.DetectionSeconds, () =>
            {
                if (node.Life == life && !node.Lives)
                {
                    dead(node.Name);
                }
            });
            after(job.ReturnSeconds, () =>
            {
                // It comes as another node, whether or not the former was missed.
                dead(node.Name);
                node.Lives = true;
                ScheduleDeath(node);
                present(node.Name);
            });
        });
    }

    private sealed class Node(string name)
    {
        public string Name { get; } = name;

        public Queue<Lease> Queue { get; } = [];

        public bool Lives { get; set; } = true;

        public int Life { get; set; }
    }
}
