using System.Text;
using Ism.Collectives;
using Ism.Models.Training;
using Ism.Structures.Numerics;

namespace Ism.GpuTrainer.Training;

/// <summary>Makes all members of a new generation equal, from the one that got furthest.</summary>
public static class StateSynchronisation
{
    /// <summary>
    /// All members tell their last completed step; the lowest rank among those with the highest gives its weights, moments and
    /// step to all. At most one step separates members of one run, since a step ends with a gradient all of them have added up;
    /// a member that has just joined may have any lower one.
    /// </summary>
    /// <returns>The rank whose state all have now.</returns>
    /// <exception cref="SynchronisationException">The members train different parameters, or none holds a whole state: restore
    /// the last checkpoint then.</exception>
    /// <exception cref="CollectiveException">A member failed meanwhile. A state that was half overwritten is marked
    /// <see cref="TrainingState.Incomplete"/> and never becomes another member's source.</exception>
    public static int Synchronise(this TrainingState state, ICollectiveGroup group)
    {
        var cards = group.AllGather<long>([state.Step, Fingerprint(state.Parameters), state.Optimizer.Updates]);
        var root = 0;
        for (var rank = 0; rank < group.World; rank++)
        {
            if (cards[(3 * rank) + 1] != cards[1])
            {
                throw new SynchronisationException(
                    $"rank {rank} trains other parameters than rank 0 (names, shapes or types differ): all trainers of a group must "
                    + "be started from the same job file and program version");
            }

            root = cards[3 * rank] > cards[3 * root] ? rank : root;
        }

        if (cards[3 * root] < 0)
        {
            throw new SynchronisationException(
                "no member of the group holds a whole state: the one that had it was lost while it was handing it over. Restore the "
                + "last checkpoint");
        }

        // Members at the root's own step hold the same bits already, so being cut off does them no harm.
        state.Step = state.Step == cards[3 * root] ? state.Step : TrainingState.Incomplete;
        foreach (var (_, flat) in state.Buffers)
        {
            group.Broadcast(flat, root);
        }

        (state.Step, state.Optimizer.Updates) = (cards[3 * root], cards[(3 * root) + 2]);
        return root;
    }

    private static long Fingerprint(FlatParameters parameters)
    {
        var key = CounterRandom.Key((ulong)parameters.Dtype, (ulong)parameters.Length);
        foreach (var slot in parameters.Slots)
        {
            foreach (var value in Encoding.UTF8.GetBytes($"{slot.Name} {slot.Offset} {string.Join(',', slot.Shape)}"))
            {
                key = CounterRandom.Key(key, value);
            }
        }

        return (long)key;
    }
}
