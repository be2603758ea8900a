using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership.Model;

/// <summary>
/// A cluster of a few nodes in simulated time: links are cut and healed, nodes freeze, die and start again, and lose the storage. Checks
/// all the while that no two nodes act as holders of the lease.
/// </summary>
internal sealed class ClusterModel
{
    private const double Step = 0.5;
    private readonly bool[,] _cut;
    private readonly Random _random;
    private readonly List<string> _said = [];

    public ClusterModel(int coordinators, int elastic, int seed)
    {
        _random = new Random(seed);
        _cut = new bool[coordinators + elastic, coordinators + elastic];
        Nodes =
        [
            .. Enumerable.Range(0, coordinators).Select(i => new ModelNode(i, $"c{i}", true, this)),
            .. Enumerable.Range(0, elastic).Select(i => new ModelNode(coordinators + i, $"e{i}", false, this)),
        ];
        foreach (var node in Nodes)
        {
            node.Start(delay: _random.NextDouble() * 3);
        }
    }

    public MembershipTimes Times { get; } = new();

    public ManualClock Clock { get; } = new();

    public MemoryRecords.Store Store { get; } = new();

    public IReadOnlyList<ModelNode> Nodes { get; }

    /// <summary>What happened, for a person.</summary>
    public string Story => string.Join('\n', _said);

    /// <summary>Why this is not one healthy cluster of all nodes; null when it is.</summary>
    public string? Unhealthy
    {
        get
        {
            var all = Nodes.Where(n => n.State != NodeState.Dead).Select(n => n.Address).Order().ToList();
            var holders = Nodes.Count(n => n.HoldsLease);
            return Nodes.FirstOrDefault(n => n.State != NodeState.Dead && !all.SequenceEqual(n.Members.Select(m => m.Address).Order())) is { } odd
                ? $"{odd.Address} ({odd.State}) sees {string.Join(' ', odd.Members.Select(m => m.Address))}, and there are {string.Join(' ', all)}"
                : Nodes.FirstOrDefault(n => n.State == NodeState.Inside && n.Unreachable.Count > 0) is { } blind
                ? $"{blind.Address} takes {string.Join(' ', blind.Unreachable)} for unreachable"
                : holders != 1 ? $"{holders} nodes hold the lease" : null;
        }
    }

    public void Say(string what) => _said.Add($"{(Clock.Now - TimeSpan.FromHours(1)).TotalSeconds,6:F1} {what}");

    public int Draw(int count) => _random.Next(count);

    public ModelNode? Find(string address) => Nodes.FirstOrDefault(n => n.Address == address && n.State != NodeState.Dead);

    /// <summary>Whether two nodes hear each other now.</summary>
    public bool Talk(ModelNode a, ModelNode b) => a.IsAwake && b.IsAwake && !_cut[a.Number, b.Number];

    public void Link(int a, int b, bool cut) => _cut[a, b] = _cut[b, a] = cut && a != b;

    /// <summary>Cuts all links between the nodes in the mask and the others, and heals those within.</summary>
    public void Split(int mask)
    {
        foreach (var (a, b) in Pairs())
        {
            Link(a, b, ((mask >> a) & 1) != ((mask >> b) & 1));
        }
    }

    /// <summary>Ends all that is wrong from outside.</summary>
    public void Mend()
    {
        Say("all is mended");
        Split(0);
        foreach (var node in Nodes)
        {
            (node.StorageIsCut, node.FreezeIn) = (false, null);
            if (node.State == NodeState.Dead)
            {
                node.Start(delay: 1);
            }
        }
    }

    public void Run(double seconds)
    {
        for (var end = Clock.Now + TimeSpan.FromSeconds(seconds); Clock.Now < end;)
        {
            Clock.Advance(Step);
            foreach (var node in Nodes)
            {
                node.Communicate();
            }

            foreach (var node in Nodes)
            {
                // Each second, not all at once.
                if ((int)(Clock.Now.TotalSeconds / Step) % 2 == node.Number % 2)
                {
                    node.Act();
                    RequireOneHolder();
                }
            }
        }
    }

    /// <summary>Runs until healthy; how long it took, or null.</summary>
    public double? RunUntilHealthy(double seconds)
    {
        var begun = Clock.Now;
        while (Clock.Now - begun < TimeSpan.FromSeconds(seconds))
        {
            Run(Step);
            if (Unhealthy is null)
            {
                return (Clock.Now - begun).TotalSeconds;
            }
        }

        return null;
    }

    /// <summary>The others go on while one stands still, wherever it is.</summary>
    public void RunWhileFrozen(ModelNode node, double seconds)
    {
        node.IsFrozen = true;
        Run(seconds);
        node.IsFrozen = false;
    }

    private IEnumerable<(int A, int B)> Pairs() =>
        from a in Enumerable.Range(0, Nodes.Count) from b in Enumerable.Range(0, a) select (a, b);

    private void RequireOneHolder()
    {
        var holders = Nodes.Where(n => n.HoldsLease).Select(n => n.Address).ToList();
        Assert.True(holders.Count <= 1, $"{string.Join(" and ", holders)} act as holders of the lease at once:\n{Story}");
    }
}
