using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>Splits rows over as many threads as libtorch computes with. Each row is computed by one thread, in the same way however many
/// there are, so results do not depend on their number.</summary>
internal static class KernelRows
{
    // Work below this many elements a thread costs less than waking one.
    private const long Least = 1 << 15;

    /// <summary>Calls <paramref name="part"/> with ranges [from, to) that cover 0 to <paramref name="rows"/>.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="elements">Elements of a row.</param>
    /// <param name="part">What is done with a range.</param>
    /// <param name="multiple">Ranges begin at multiples of this.</param>
    public static void For(long rows, long elements, Action<long, long> part, long multiple = 1)
    {
        var threads = (int)Math.Min(torch.get_num_threads(), Math.Max(1, rows * elements / Least));
        if (threads <= 1)
        {
            part(0, rows);
            return;
        }

        var size = ((rows + threads - 1) / threads + multiple - 1) / multiple * multiple;
        ComputeThreads.Run(threads, thread =>
        {
            var (from, to) = (thread * size, Math.Min(rows, (thread + 1) * size));
            if (from < to)
            {
                part(from, to);
            }
        });
    }
}
