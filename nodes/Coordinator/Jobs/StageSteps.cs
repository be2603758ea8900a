using System.Text;
using Ism.Structures.Numerics;

namespace Ism.Coordinator.Jobs;

/// <summary>The arithmetic of a training stage.</summary>
public static class StageSteps
{
    /// <summary>Steps that visit <paramref name="structures"/> for so many epochs; at least 1, the last one may begin another epoch.
    /// </summary>
    public static long Of(long structures, int globalBatch, double epochs) =>
        Math.Max(1, (long)Math.Ceiling(structures * epochs / globalBatch));

    /// <summary>The seed of a stage, so that two stages over the same catalogue draw independently.</summary>
    public static long Seed(long jobSeed, string stage)
    {
        Span<ulong> key = stackalloc ulong[1 + stage.Length];
        key[0] = (ulong)jobSeed;
        var text = Encoding.UTF8.GetBytes(stage);
        for (var i = 0; i < stage.Length; i++)
        {
            key[i + 1] = text[i];
        }

        return (long)(CounterRandom.Key(key) >> 1);
    }
}
