using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Cli.Benchmarks;

/// <summary>Structure files of wanted lengths: generated ones, or those of a folder that come nearest.</summary>
internal static class EmbedProteins
{
    private const long Seed = 7;

    /// <summary>Writes one generated protein of each length into a folder.</summary>
    /// <exception cref="UsageException">One of such a length cannot be generated.</exception>
    public static IReadOnlyList<string> Generate(string folder, IReadOnlyList<int> lengths) =>
    [
        .. lengths.Select(length =>
        {
            var own = Path.Combine(folder, $"{length}");
            try
            {
                SyntheticCorpus.Write(own, 1, Seed, new SynthesisOptions { MinLength = length, MaxLength = length });
            }
            catch (ArgumentException e)
            {
                throw new UsageException($"--lengths: {e.Message}, or give --structures", e);
            }

            return Directory.EnumerateFiles(own).Single();
        }),
    ];

    /// <summary>For each length the file with one protein chain whose length is nearest; a file is taken once.</summary>
    /// <exception cref="UsageException">There are fewer such files than lengths.</exception>
    public static IReadOnlyList<string> Nearest(string folder, IReadOnlyList<int> lengths)
    {
        var entries = StructureSources.List([folder]).Where(entry => entry.Member is null).ToList();
        var single = StructureBatch.Read(entries, new StructureReaderOptions { MinLength = 1 })
            .Where(read => read.Structure is { Chains.Length: 1 })
            .Select(read => (read.Entry.Path, read.Structure!.Chains[0].Sequence.Length))
            .OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        var chosen = new List<string>();
        foreach (var length in lengths)
        {
            var left = single.Where(file => !chosen.Contains(file.Path)).ToList();
            chosen.Add(left.Count > 0
                ? left.MinBy(file => Math.Abs(file.Length - length)).Path
                : throw new UsageException($"--structures {folder}: {single.Count} files with one protein chain for {lengths.Count} lengths"));
        }

        return chosen;
    }
}
