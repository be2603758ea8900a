using Ism.Cluster.Hosting;
using Ism.Structures.Numerics;

namespace Ism.Cli.Chaos;

/// <summary>An endless sequence of faults, a function of the seed alone. When they strike in the run depends on the machine, what they are
/// does not.</summary>
/// <param name="seed">Names the sequence.</param>
/// <param name="every">Mean pause between two faults; each is between half of it and one and a half.</param>
/// <param name="kinds">Kinds of faults drawn from.</param>
/// <param name="most">Most nodes of each role that scaling asks for.</param>
public sealed class FaultPlan(long seed, TimeSpan every, IReadOnlyList<FaultKind> kinds, IReadOnlyDictionary<string, int> most)
{
    // Longer than it takes to declare a node dead, and shorter.
    private const double ShortestHold = 2;
    private const double LongestHold = 24;
    private static readonly string[] Roles =
        [NodeRoles.Coordinator, NodeRoles.Featurizer, NodeRoles.Trainer, NodeRoles.Featurizer, NodeRoles.Trainer];

    /// <summary>The faults in their order.</summary>
    public IEnumerable<Fault> Faults()
    {
        for (var number = 0UL; ; number++)
        {
            var draws = new CounterRandom((ulong)seed, number);
            var kind = kinds[(int)(draws.NextDouble() * kinds.Count)];
            var role = Roles[(int)(draws.NextDouble() * Roles.Length)];
            if (kind == FaultKind.Scale && role == NodeRoles.Coordinator)
            {
                role = NodeRoles.Trainer;
            }

            yield return new Fault(
                every * (0.5 + draws.NextDouble()),
                kind,
                role,
                draws.NextDouble(),
                TimeSpan.FromSeconds(ShortestHold + (draws.NextDouble() * (LongestHold - ShortestHold))),
                1 + (int)(draws.NextDouble() * most.GetValueOrDefault(role, 1)));
        }
    }
}
