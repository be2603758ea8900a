using Ism.Structures.Tests.Reading;
using Ism.Tests;

namespace Ism.Structures.Tests.Sources;

/// <summary>Databases as foldcomp writes them, of entries that it has written.</summary>
public sealed class FoldcompDatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-foldcomp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_list_and_read_a_database_by_its_file_or_folder(bool byFolder)
    {
        var database = Write(lookup: true);
        File.WriteAllText(Path.Combine(_folder, "other.pdb"), TextStructures.Alanines(30));
        var entries = StructureSources.List(byFolder ? _folder : database).ToList();
        Assert.Equal(byFolder ? ["AF-A0A0B7P221-F1-model_v1", "7m0y", "other"] : ["AF-A0A0B7P221-F1-model_v1", "7m0y"],
            entries.Select(e => e.Name));
        Assert.Equal($"{database}!7m0y.pdb", entries[1].DisplayName);

        // A chunk may hold any part of a database, in any order.
        var results = StructureBatch.Read([entries[1], entries[0]], new()).ToList();
        Assert.Equal(entries.Take(2), results.Select(r => r.Entry));
        Assert.Equal(["AF-A0A0B7P221-F1-model_v1", "7m0y"], results.Select(r => r.Structure!.Name));
        var alone = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", "7m0y.fcz"));
        Assert.Equal(alone.Atoms.X, results[1].Structure!.Atoms.X);
        Assert.Equal(alone.Residues, results[1].Structure!.Residues);
    }

    [SkippableFact]
    public void Should_name_entries_by_their_keys_where_there_is_no_lookup()
    {
        Assert.Equal(["7", "3"], StructureSources.List(Write(lookup: false)).Select(e => e.Name));
    }

    [SkippableTheory]
    [InlineData("3\t0\n", ".index, line 1: fewer than 3 fields")]
    [InlineData("3\t0\t698\n7\tx\t5\n", ".index, line 2")]
    [InlineData("3\t0\t9999999\n", "entry 3 has 9999999 bytes from 0")]
    [InlineData("3\t9223372036854775807\t698\n", "entry 3 has 698 bytes")]
    [InlineData("3\t-1\t698\n", ".index, line 1")]
    [InlineData("", "no structure in it")]
    public void Should_refuse_an_index_that_does_not_fit_the_data(string index, string message)
    {
        var database = Write(lookup: true);
        File.WriteAllText(database + ".index", index);
        var thrown = Assert.Throws<StructureSourceException>(() => StructureSources.List(database).ToList());
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Should_refuse_only_the_entries_that_a_cut_database_has_lost()
    {
        var database = Write(lookup: true);
        var entries = StructureSources.List(database).ToList();
        using (var file = File.OpenWrite(database))
        {
            file.SetLength(file.Length - 2000);
        }

        var results = StructureBatch.Read(entries, new()).ToList();
        Assert.NotNull(results[0].Structure);
        Assert.Equal(RefusalReason.Truncated, results[1].Refusal!.Reason);
    }

    // Entries end with a zero byte, as MMseqs2 writes them, and the index is by key, not by place.
    private string Write(bool lookup)
    {
        var first = File.ReadAllBytes(ReferenceData.StructuresPath("edge", "test_af.fcz"));
        var second = File.ReadAllBytes(ReferenceData.StructuresPath("edge", "7m0y.fcz"));
        var path = Path.Combine(_folder, "afdb");
        File.WriteAllBytes(path, [.. first, 0, .. second, 0]);
        File.WriteAllText(path + ".index", $"3\t{first.Length + 1}\t{second.Length + 1}\n7\t0\t{first.Length + 1}\n");
        File.WriteAllBytes(path + ".dbtype", [12, 0, 0, 0]);
        if (lookup)
        {
            File.WriteAllText(path + ".lookup", "3\t7m0y.pdb\t0\n7\tAF-A0A0B7P221-F1-model_v1.pdb\t0\n");
        }

        return path;
    }
}
