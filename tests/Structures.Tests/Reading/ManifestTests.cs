using Ism.Tests;
using Xunit.Abstractions;

namespace Ism.Structures.Tests.Reading;

/// <summary>Chains and residues of every file of the main set, against the counts in MANIFEST.tsv.</summary>
public class ManifestTests(ITestOutputHelper output)
{
    private static readonly string[] StandardNames =
        "ALA CYS ASP GLU PHE GLY HIS ILE LYS LEU MET ASN PRO GLN ARG SER THR VAL TRP TYR".Split(' ');

    /// <summary>
    /// The manifest counts residues with C-alpha by other rules in two places: it takes free amino acids bound as ligands for
    /// residues of the chain, and leaves out modified residues that its table does not know. Every difference must be one of
    /// these, and they must be rare.
    /// </summary>
    [SkippableFact]
    public void Should_find_the_chains_and_residues_of_the_manifest()
    {
        var files = Rows().Where(row => row.Folder is "train" or "heldout" && row.Chains > 0).ToList();
        Skip.If(files.Count == 0, "the manifest names no file of the main set");
        var differing = 0;
        Parallel.ForEach(files, new ParallelOptions { MaxDegreeOfParallelism = 2 }, row =>
        {
            var structure = StructureReader.ReadFile(ReferenceData.StructuresPath(row.File), TextStructures.Lenient);
            var residues = structure.Chains.Sum(c => c.Length);
            if ((structure.Chains.Length, residues) == (row.Chains, row.Residues))
            {
                return;
            }

            Interlocked.Increment(ref differing);
            var modified = structure.Residues.Count(r => r.Chain >= 0 && !StandardNames.Contains(r.Name));
            var free = structure.Residues.Count(r => r.Chain < 0 && (r.AminoAcid != AminoAcids.Unknown));
            lock (output)
            {
                output.WriteLine($"{row.File}: manifest {row.Chains} chains, {row.Residues} residues; read {structure.Chains.Length}, {residues}, "
                    + $"of them {modified} modified; {free} free amino acids");
            }

            Assert.InRange(residues - row.Residues, -free, modified);
        });

        output.WriteLine($"{differing} of {files.Count} files differ from the manifest");
        Assert.True(differing * 50 <= files.Count, $"{differing} of {files.Count} files differ from the manifest");
    }

    [SkippableFact]
    public void Should_tell_predicted_models_from_experiments()
    {
        var files = Rows().Where(row => row.Folder is "train" or "heldout").ToList();
        Skip.If(files.Count == 0, "the manifest names no file of the main set");
        var step = Math.Max(1, files.Count / 400);
        var sample = files.Where((row, i) => i % step == 0 || row.Kind == "other-model").ToList();
        var wrong = new List<string>();
        foreach (var row in sample)
        {
            var structure = StructureReader.ReadFile(ReferenceData.StructuresPath(row.File), TextStructures.Lenient);
            if (structure.IsPredicted != (row.Kind != "experimental"))
            {
                wrong.Add($"{row.File} ({row.Kind}): {string.Join("; ", structure.Notes)}");
            }

            Assert.All(structure.Chains, chain => Assert.True(
                structure.IsPredicted ? chain.Plddt!.Length == chain.Length && chain.Plddt.Max() is > 1 and <= 100
                    : chain.Plddt is null));
        }

        // A file without any header can only be judged by its B-factors: one in a hundred may be mistaken, and is named.
        wrong.ForEach(output.WriteLine);
        Assert.True(wrong.Count * 100 <= sample.Count, string.Join("\n", wrong));
    }

    private static IEnumerable<(string File, string Folder, string Kind, int Chains, int Residues)> Rows()
    {
        foreach (var line in File.ReadLines(ReferenceData.StructuresPath("MANIFEST.tsv")).Skip(1))
        {
            var cells = line.Split('\t');
            _ = int.TryParse(cells[4], out var chains);
            _ = int.TryParse(cells[5], out var residues);
            yield return (cells[0], cells[0].Split('/')[0], cells[2], chains, residues);
        }
    }
}
