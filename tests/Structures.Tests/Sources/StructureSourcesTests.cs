using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Ism.Structures.Tests.Reading;
using Ism.Tests;

namespace Ism.Structures.Tests.Sources;

/// <summary>Folders, lists and archives of structures, listed and read.</summary>
public sealed class StructureSourcesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-sources-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_list_a_folder_in_ordinal_order_with_unsupported_formats_and_without_other_files()
    {
        foreach (var name in new[] { "b.pdb", "a/z.cif.gz", "a/MANIFEST.tsv", "README.md", "B.ENT", "c.bcif", "d.fcz",
            "e.mmcif.zst", "f.pdb.bak" })
        {
            Write(name, "x");
        }

        Assert.Equal(["B.ENT", "a/z.cif.gz", "b.pdb", "c.bcif", "d.fcz", "e.mmcif.zst"],
            StructureSources.List(_folder).Select(e => Path.GetRelativePath(_folder, e.Path)));
        Assert.Equal("z", StructureSources.List(_folder).ElementAt(1).Name);
    }

    [Fact]
    public void Should_not_follow_a_link_into_a_folder_that_is_being_listed()
    {
        Write("a/x.pdb", "x");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "a", "loop"), _folder);
        Assert.Single(StructureSources.List(_folder));
    }

    [Fact]
    public void Should_read_a_list_relative_to_itself_and_refuse_a_missing_file_only_when_it_is_read()
    {
        Write("data/x.pdb", TextStructures.Alanines(3));
        var list = Write("data/some.list", "# comment\n\nx.pdb\ngone.pdb\n");
        var entries = StructureSources.List(list).ToList();
        Assert.Equal(["x", "gone"], entries.Select(e => e.Name));
        var results = StructureBatch.Read(entries, TextStructures.Lenient).ToList();
        Assert.Equal("AAA", results[0].Structure!.Chains[0].Sequence);
        Assert.Equal(RefusalReason.Unreadable, results[1].Refusal!.Reason);
    }

    [Fact]
    public void Should_give_a_structure_once_that_two_sources_hold()
    {
        var path = Write("x.pdb", "x");
        Assert.Single(StructureSources.List(path, _folder));
    }

    [Theory]
    [InlineData("nowhere", "no such file")]
    [InlineData("empty", "no structure in it")]
    [InlineData("empty.tar", "no structure in it")]
    [InlineData("bad.list", "line 2: no such file")]
    [InlineData("nested.list", "names another list")]
    [InlineData("text.tar", "damaged or cut off")]
    public void Should_say_what_is_wrong_with_a_source(string source, string message)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        Tar("empty.tar", []);
        Write("bad.list", "\nnothing-here\n");
        Write("nested.list", "bad.list\n");
        Write("text.tar", new string('x', 2000));
        var thrown = Assert.Throws<StructureSourceException>(() => StructureSources.List(Path.Combine(_folder, source)).ToList());
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
        Assert.Contains(source, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("set.tar")]
    [InlineData("set.tar.gz")]
    [InlineData("set.tgz")]
    [InlineData("set.tar.zst")]
    public void Should_list_and_read_an_archive_in_its_own_order(string name)
    {
        var archive = Tar(name, [("z/5.pdb", 5), ("notes.txt", 0), ("a/12.pdb.gz", 12), ("._7.pdb", 0), ("7.pdb", 7)]);
        var entries = StructureSources.List(_folder).ToList();
        Assert.Equal(["5", "12", "7"], entries.Select(e => e.Name));
        Assert.Equal(name == "set.tar", entries.TrueForAll(e => e.Offset > 0));
        Assert.Equal($"{archive}!a/12.pdb.gz", entries[1].DisplayName);
        var structures = StructureBatch.Read(entries, TextStructures.Lenient).Select(r => r.Structure!).ToList();
        Assert.Equal(["5:5", "12:12", "7:7"], structures.Select(s => $"{s.Name}:{s.Chains[0].Length}"));

        // A chunk may hold any part of an archive.
        Assert.Equal([12], StructureBatch.Read([entries[1]], TextStructures.Lenient).Select(r => r.Structure!.Chains[0].Length));
        Assert.Equal([5, 7], StructureBatch.Read([entries[2], entries[0]], TextStructures.Lenient).Select(r =>
            r.Structure!.Chains[0].Length));
    }

    [Theory]
    [InlineData("set.tar")]
    [InlineData("set.tar.gz")]
    public void Should_refuse_to_list_an_archive_that_is_cut_off_and_refuse_only_the_lost_members_when_reading(string name)
    {
        var archive = Tar(name, [("1.pdb", 40), ("2.pdb", 40), ("3.pdb", 40)]);
        var entries = StructureSources.List(archive).ToList();
        using (var file = File.OpenWrite(archive))
        {
            file.SetLength(file.Length * (name == "set.tar" ? 55 : 70) / 100);
        }

        Assert.Throws<StructureSourceException>(() => StructureSources.List(archive).ToList());
        var results = StructureBatch.Read(entries, TextStructures.Lenient).ToList();
        Assert.Equal(entries, results.Select(r => r.Entry));
        Assert.NotNull(results[0].Structure);
        Assert.NotNull(results[2].Refusal);
    }

    [Fact]
    public void Should_bound_a_member_by_its_size_and_go_on_with_the_next()
    {
        var entries = StructureSources.List(Tar("set.tar.gz", [("1.pdb", 500), ("2.pdb", 5)])).ToList();
        var results = StructureBatch.Read(entries, TextStructures.Lenient with { MaxFileBytes = 20_000 }).ToList();
        Assert.Equal(RefusalReason.TooLarge, results[0].Refusal!.Reason);
        Assert.Equal(5, results[1].Structure!.Chains[0].Length);
    }

    [Fact]
    public void Should_refuse_the_members_of_an_archive_that_is_gone()
    {
        var archive = Tar("set.tar.gz", [("1.pdb", 5), ("2.pdb", 5)]);
        var entries = StructureSources.List(archive).ToList();
        File.Delete(archive);
        Assert.All(StructureBatch.Read(entries, TextStructures.Lenient), r =>
            Assert.Equal(RefusalReason.Unreadable, r.Refusal!.Reason));
    }

    [SkippableFact]
    public void Should_read_real_structures_from_an_archive_as_from_their_folder()
    {
        var folder = ReferenceData.StructuresPath("heldout");
        var archive = Path.Combine(_folder, "heldout.tar.gz");
        using (var gzip = new GZipStream(File.Create(archive), CompressionLevel.Fastest))
        {
            TarFile.CreateFromDirectory(folder, gzip, includeBaseDirectory: false);
        }

        var fromFolder = StructureBatch.Read(StructureSources.List(folder).ToList(), new()).ToDictionary(r => r.Entry.Name);
        var fromArchive = StructureBatch.Read(StructureSources.List(archive).ToList(), new()).ToDictionary(r => r.Entry.Name);
        Assert.Equal(fromFolder.Keys.Order(StringComparer.Ordinal), fromArchive.Keys.Order(StringComparer.Ordinal));
        Assert.All(fromFolder, pair =>
        {
            var other = fromArchive[pair.Key];
            Assert.Equal(pair.Value.Refusal?.Reason, other.Refusal?.Reason);
            Assert.Equal(pair.Value.Structure?.Residues, other.Structure?.Residues);
            Assert.Equal(pair.Value.Structure?.Atoms.X, other.Structure?.Atoms.X);
        });
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    // Members with so many alanines, or plain text for 0; names ending in .gz are compressed.
    private string Tar(string name, (string Member, int Residues)[] members)
    {
        var path = Path.Combine(_folder, name);
        using var file = File.Create(path);
        using Stream stream = name.EndsWith("gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest)
            : name.EndsWith(".zst", StringComparison.Ordinal) ? new ZstdSharp.CompressionStream(file) : file;
        using var writer = new TarWriter(stream);
        foreach (var (member, residues) in members)
        {
            var data = Encoding.ASCII.GetBytes(residues == 0 ? "text" : Noise(residues));
            if (member.EndsWith(".gz", StringComparison.Ordinal))
            {
                using var compressed = new MemoryStream();
                using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(data);
                }

                data = compressed.ToArray();
            }

            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, member) { DataStream = new MemoryStream(data) });
        }

        return path;
    }

    // Remarks that do not compress, so that a cut falls where the sizes say.
    private static string Noise(int residues)
    {
        var random = new Ism.Structures.Numerics.CounterRandom((ulong)residues);
        var text = new StringBuilder();
        for (var i = 0; i < 40; i++)
        {
            text.Append("REMARK ").Append(random.NextUInt64().ToString("x16", null)).Append(random.NextUInt64().ToString("x16",
                null)).Append('\n');
        }

        return text + TextStructures.Alanines(residues);
    }
}
