using Ism.Models.Training;

namespace Ism.GpuTrainer.Training;

/// <summary>
/// Keeps a training process's resident memory at what its steps need. Micro-batches are never of the same size, so freed blocks do not fit
/// the next ones and the heap gets holes, ever more of them; <see cref="HostMemory.KeepFreed"/> keeps those pages. When resident memory
/// has grown well beyond what it was, all free pages go back, at the cost of one step's page faults.
/// </summary>
public sealed class ResidentBound(Func<long> resident, Action giveBack)
{
    // Steps that show what is needed: their largest counts.
    private const int Settling = 8;
    private const double Share = 1.1;
    private const long Slack = 32 << 20;

    private long _usual;
    private int _steps;

    /// <summary>Of this process.</summary>
    public ResidentBound()
        : this(() => Environment.WorkingSet, () => HostMemory.GiveBack())
    {
    }

    /// <summary>What a process may come to hold before it gives pages back, of which steps need <paramref name="usual"/>.</summary>
    /// <param name="usual">Resident bytes after the largest of the first steps.</param>
    public static long Bound(long usual) => (long)(Share * usual) + Slack;

    /// <summary>Called after every step.</summary>
    /// <returns>Whether memory was given back.</returns>
    public bool AfterStep()
    {
        var now = resident();
        if (_steps++ < Settling)
        {
            _usual = Math.Max(_usual, now);
            return false;
        }

        if (now <= Bound(_usual))
        {
            return false;
        }

        giveBack();
        (_usual, _steps) = (0, 0);
        return true;
    }
}
