using Ism.Evaluation.Data;
using Ism.Evaluation.Splits;
using Ism.Structures;
using Ism.Structures.Numerics;
using Ism.Tests;
using Xunit.Abstractions;

namespace Ism.Evaluation.Tests.Splits;

public sealed class SplitTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-split-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_find_relatives_and_their_identity_through_substitutions_and_gaps()
    {
        var first = Sequence(1, 200);
        var half = Changed(first, 2, 0.5);
        var gapped = first[..80] + first[90..];
        var pairs = SequenceNeighbours.Find([first, half, Sequence(3, 200), gapped]);
        var mutated = Assert.Single(pairs, pair => (pair.A, pair.B) == (0, 1));
        var same = first.Zip(half).Count(pair => pair.First == pair.Second) / 200.0;
        Assert.InRange(mutated.Identity, same - 0.03, same + 0.03);
        var shorter = Assert.Single(pairs, pair => (pair.A, pair.B) == (0, 3));
        Assert.Equal(190.0 / 200, shorter.Identity, 3);
        Assert.DoesNotContain(pairs, pair => pair.A == 2 || pair.B == 2);
    }

    [Fact]
    public void Should_keep_clusters_on_one_side_and_report_what_is_left()
    {
        var families = Enumerable.Range(0, 30).Select(f => Sequence((ulong)f + 10, 150)).ToList();
        var sequences = families.Concat(families.Select((s, f) => Changed(s, (ulong)f + 100, 0.4))).ToList();
        var clusters = IdentityClusters.Of(sequences, 0.3);
        Assert.Equal(30, clusters.Count);
        var split = ClusterSplit.Make(clusters, new SplitShares(0.1, 0.2), seed: 5);
        Assert.Equal(12, split.Parts.Count(part => part == Part.Test));
        Assert.Equal(6, split.Parts.Count(part => part == Part.Validation));
        Assert.All(Enumerable.Range(0, 30), f => Assert.Equal(split.Parts[f], split.Parts[f + 30]));
        Assert.InRange(split.LargestIdentity!.Value, 0, 0.3);
        Part[] torn = [.. Enumerable.Range(0, 60).Select(i => i < 30 ? Part.Train : Part.Test)];
        Assert.InRange(ClusterSplit.LargestAcross(clusters.Pairs, torn), 0.55, 0.8);
    }

    [SkippableFact]
    public void Should_find_the_clusters_that_another_program_found_on_real_proteins()
    {
        var folder = ReferenceData.Structures;
        var wanted = File.ReadLines(ReferenceData.StructuresPath("CLUSTERS.tsv")).Skip(1).Select(line => line.Split('\t'))
            .Where(cells => File.Exists(Path.Combine(folder, cells[0]))).Take(300).ToList();
        var (sequences, clusters) = (new List<string>(), new List<(string Thirty, string Ninety)>());
        foreach (var cells in wanted)
        {
            try
            {
                var chains = StructureReader.ReadFile(Path.Combine(folder, cells[0])).Chains;
                if (chains.Length == 1)
                {
                    sequences.Add(chains[0].Sequence);
                    clusters.Add((cells[1], cells[2]));
                }
            }
            catch (StructureRefusedException)
            {
                // The reader's own limits.
            }
        }

        // Single linkage: two of a cluster need not be alike, but of each cluster with several members some pair is.
        var close = SequenceNeighbours.Find(sequences).Where(pair => pair.Identity >= 0.5 && pair.Coverage >= 0.8).ToList();
        var families = clusters.CountBy(c => c.Ninety).Where(c => c.Value > 1).Select(c => c.Key).ToHashSet();
        var found = close.Where(pair => pair.Identity >= 0.8 && clusters[pair.A].Ninety == clusters[pair.B].Ninety)
            .Select(pair => clusters[pair.A].Ninety).Distinct().Count();
        var together = close.Count(pair => clusters[pair.A].Thirty == clusters[pair.B].Thirty);
        output.WriteLine($"{sequences.Count} proteins; of {families.Count} clusters at 90 % with several members {found} found; "
            + $"of {close.Count} pairs found at 50 % {together} in one cluster at 30 %");
        Skip.If(families.Count == 0, "no two of these proteins are in one cluster at 90 %");
        Assert.InRange((double)found / families.Count, 0.7, 1);
        Assert.InRange((double)together / close.Count, 0.95, 1);
    }

    [Fact]
    public void Should_read_clusters_of_either_form_and_name_a_protein_without_one()
    {
        var mmseqs = Write("m.tsv", "a\ta\na\tb\nc\tc\n");
        var table = Write("t.tsv", "file\tcluster\ntrain/a.pdb.gz\tX\ntrain/b.cif\tX\ntrain/c.pdb\tY\n");
        Assert.Equal([0, 0, 1], IdentityClusters.FromFile(mmseqs, ["a", "b", "c"]).ClusterOf);
        Assert.Equal([0, 0, 1], IdentityClusters.FromFile(table, ["a_A", "b", "c_B"]).ClusterOf);
        Assert.Contains("'d' is in no cluster", Assert.Throws<DataFileException>(
            () => IdentityClusters.FromFile(mmseqs, ["a", "d"])).Message);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Sequence(ulong seed, int length)
    {
        var random = new CounterRandom(seed);
        return string.Concat(Enumerable.Range(0, length).Select(_ => AminoAcids.Letters[random.NextInt32(20)]));
    }

    private static string Changed(string sequence, ulong seed, double share)
    {
        var random = new CounterRandom(seed);
        return string.Concat(sequence.Select(c => random.NextDouble() < share ? AminoAcids.Letters[random.NextInt32(20)] : c));
    }
}
