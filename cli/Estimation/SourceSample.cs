using Ism.Structures;

namespace Ism.Cli.Estimation;

/// <summary>Counts the structures of sources and keeps some of them, evenly from the whole listing. Holds no more than twice the sample,
/// however long the listing is.</summary>
/// <param name="Count">Structures listed.</param>
/// <param name="Entries">The sample, in the order of the listing.</param>
public sealed record SourceSample(long Count, IReadOnlyList<StructureEntry> Entries)
{
    /// <summary>Goes through a listing once.</summary>
    /// <param name="entries">The listing.</param>
    /// <param name="sample">Structures to keep; fewer when there are fewer.</param>
    public static SourceSample Of(IEnumerable<StructureEntry> entries, int sample)
    {
        var kept = new List<StructureEntry>();
        var (stride, count) = (1L, 0L);
        foreach (var entry in entries)
        {
            if (count++ % stride != 0)
            {
                continue;
            }

            kept.Add(entry);
            if (kept.Count == 2 * sample)
            {
                kept = [.. kept.Where((_, i) => i % 2 == 0)];
                stride *= 2;
            }
        }

        var take = Math.Min(sample, kept.Count);
        return new SourceSample(count, [.. Enumerable.Range(0, take).Select(i => kept[(int)((long)i * kept.Count / take)])]);
    }
}
