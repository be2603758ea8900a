using Ism.Models.Training;

namespace Ism.GpuTrainer.Training;

/// <summary>A run of elements of the flat gradient buffer that is reduced at once.</summary>
/// <param name="Start">First element.</param>
/// <param name="Count">Elements.</param>
/// <param name="Ranges">So many ranges of the objective's completion order must be complete before it may be reduced.</param>
public readonly record struct GradientBucket(long Start, long Count, int Ranges);

/// <summary>
/// The flat gradient buffer cut into buckets in the order in which a backward pass completes it. The cut depends on the parameters alone,
/// so it is the same on every rank and every step, and the order in which a sum is added up does not depend on whether buckets are
/// reduced during the backward pass or after it.
/// </summary>
public sealed class GradientBuckets
{
    /// <summary>Cuts it: ranges that adjoin in the buffer share a bucket until it has <paramref name="least"/> elements; larger ones than
    /// <see cref="FlatCollectives.Bucket"/> are split.</summary>
    public GradientBuckets(FlatParameters parameters, IReadOnlyList<ParameterRange> order, long least)
    {
        var buckets = new List<GradientBucket>();
        long start = 0, end = 0;
        for (var i = 0; i < order.Count; i++)
        {
            if (order[i].Count == 0)
            {
                continue;
            }

            var (first, last) = Extent(parameters, order[i]);
            if (end > start && end - start < least && (last == start || first == end))
            {
                (start, end) = (Math.Min(start, first), Math.Max(end, last));
            }
            else
            {
                Close(i);
                (start, end) = (first, last);
            }
        }

        Close(order.Count);
        All = buckets;
        if (buckets.Sum(bucket => bucket.Count) != parameters.Length)
        {
            throw new ArgumentException(
                $"the completion order covers {buckets.Sum(bucket => bucket.Count)} of {parameters.Length} elements; every parameter "
                + "must be in one range");
        }

        void Close(int ranges)
        {
            for (var at = start; at < end; at += FlatCollectives.Bucket)
            {
                buckets.Add(new(at, Math.Min(FlatCollectives.Bucket, end - at), ranges));
            }
        }
    }

    /// <summary>All of them, in the order of reduction.</summary>
    public IReadOnlyList<GradientBucket> All { get; }

    // Up to the next slot, so that the zero gaps between slots belong to somebody.
    private static (long First, long Last) Extent(FlatParameters parameters, ParameterRange range)
    {
        var next = range.First + range.Count;
        return (parameters.Slots[range.First].Offset, next < parameters.Slots.Count ? parameters.Slots[next].Offset : parameters.Length);
    }
}
