using System.Text;

namespace Ism.Structures.Synthesis;

/// <summary>Writes a folder of generated proteins.</summary>
public static class SyntheticCorpus
{
    /// <summary>
    /// Writes proteins 0..<paramref name="count"/>-1 of a seed as "name.cif" files, on all cores; the files do not depend on the
    /// number of cores. Files of the same name are replaced.
    /// </summary>
    /// <param name="folder">Made when absent.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Names the collection.</param>
    /// <param name="options">Lengths and kind.</param>
    /// <param name="progress">Told the number of files written; called from several threads.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <param name="alignments">Writes "name.a3m" of each as well; null: none. The structures do not depend on it.</param>
    public static void Write(string folder, int count, long seed, SynthesisOptions options, IProgress<int>? progress = null,
        CancellationToken cancellation = default, AlignmentSynthesis? alignments = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        options.Check();
        Directory.CreateDirectory(folder);
        if (alignments is not null)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(alignments.Sequences, nameof(alignments));
            Directory.CreateDirectory(alignments.Folder);
        }

        var written = 0;
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, index =>
        {
            var protein = ProteinSynthesizer.Generate(seed, index, options);
            using (var writer = new StreamWriter(Path.Combine(folder, protein.Name + ".cif"), append: false,
                new UTF8Encoding(false), 1 << 16))
            {
                MmcifWriter.Write(protein, writer);
            }

            if (alignments is not null)
            {
                using var writer = new StreamWriter(Path.Combine(alignments.Folder, protein.Name + ".a3m"), append: false, new UTF8Encoding(false));
                SyntheticAlignment.Write(protein, alignments.Sequences, seed, index, writer);
            }

            progress?.Report(Interlocked.Increment(ref written));
        });
    }
}
