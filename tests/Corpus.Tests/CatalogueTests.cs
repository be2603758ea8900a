using Ism.Structures;

namespace Ism.Corpus.Tests;

public class CatalogueTests
{
    private static readonly StructureEntry[] Mixed =
    [
        new("/data/a/AF-P1-F1-model_v4.cif.gz", null, -1, 0, 1000),
        new("/data/a/1abc.cif", null, -1, 0, 17),
        new("/data/b/1abc.cif", null, -1, 0, 18),
        new("/data/all.tar", "x/AF-P2-F1-model_v4.cif.gz", 3, 1536, 4000),
        new("/data/all.tar.gz", "", 0, -1, 4),
        new("relative-ü.pdb", null, -1, 0, -1),
    ];

    [Fact]
    public void Should_give_back_every_entry_and_cut_chunks()
    {
        var catalogue = Catalogue.Create(Mixed, 4);

        Assert.Equal(Mixed.Length, catalogue.Count);
        Assert.Equal(Mixed, Enumerable.Range(0, Mixed.Length).Select(position => catalogue.EntryOf(position)));
        Assert.Equal(2, catalogue.ChunkCount);
        Assert.Equal(new PositionRange(4, 2), catalogue.PositionsOf(1));
        Assert.Equal(Mixed[4..], catalogue.EntriesOf(1));
        Assert.Equal([0, 0, 0, 0, 1, 1], Enumerable.Range(0, Mixed.Length).Select(position => catalogue.ChunkOf(position)));
        Assert.Throws<ArgumentOutOfRangeException>(() => catalogue.EntryOf(Mixed.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => catalogue.PositionsOf(2));
    }

    [Fact]
    public void Should_be_named_by_content_order_and_chunk_size()
    {
        var id = Catalogue.Create(Mixed, 4).Id;
        var longer = Mixed[5] with { Length = Mixed[5].Length + 1 };

        Assert.Equal(id, Catalogue.Create(Mixed, 4).Id);
        Assert.Equal(
            5,
            new[]
            {
                id, Catalogue.Create(Mixed, 5).Id, Catalogue.Create(Mixed.Reverse(), 4).Id, Catalogue.Create(Mixed[..5], 4).Id,
                Catalogue.Create([.. Mixed[..5], longer], 4).Id,
            }.Distinct().Count());
    }

    [Fact]
    public void Should_tell_a_plain_file_from_an_archive_member_in_the_id()
    {
        var plain = Catalogue.Create([new StructureEntry("/a/b", null, -1, 0, 1)], 1);
        var member = Catalogue.Create([new StructureEntry("/a/b", "", -1, 0, 1)], 1);

        Assert.NotEqual(plain.Id, member.Id);
    }

    [Fact]
    public void Should_refuse_the_same_bytes_twice_and_keep_equal_names_apart()
    {
        var error = Assert.Throws<ArgumentException>(() => Catalogue.Create([.. Mixed, Mixed[3]], 4));

        Assert.Contains("positions 3 and 6", error.Message);
        Assert.Contains("/data/all.tar", error.Message);
        Assert.Equal(2, Catalogue.Create(Mixed, 4).EntriesOf(0).Count(entry => entry.Name == "1abc"));
    }

    [Fact]
    public void Should_survive_saving_and_opening_and_saving_twice()
    {
        using var folder = new TemporaryFolder();
        var catalogue = Catalogue.Create(Mixed, 4);

        var saved = catalogue.Save(folder.Path, "train");
        var again = catalogue.Save(folder.Path, "train");
        var opened = Catalogue.Open(saved);

        Assert.Equal(folder.File($"train-{catalogue.Id[..8]}"), saved);
        Assert.Equal(saved, again);
        Assert.Equal(catalogue.Id, opened.Id);
        Assert.Equal(catalogue.ChunkSize, opened.ChunkSize);
        Assert.Equal(Mixed, Enumerable.Range(0, Mixed.Length).Select(position => opened.EntryOf(position)));
        Assert.Equal([saved], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Should_survive_an_empty_catalogue()
    {
        using var folder = new TemporaryFolder();
        var opened = Catalogue.Open(Catalogue.Create([], 256).Save(folder.Path, "empty"));

        Assert.Equal(0, opened.Count);
        Assert.Equal(0, opened.ChunkCount);
    }

    [Theory]
    [InlineData("entries.arrow")]
    [InlineData("containers.arrow")]
    [InlineData("catalogue.json")]
    public void Should_refuse_a_damaged_file_and_name_it_or_its_folder(string file)
    {
        using var folder = new TemporaryFolder();
        var saved = Catalogue.Create(Mixed, 4).Save(folder.Path, "train");
        var path = Path.Combine(saved, file);
        var bytes = File.ReadAllBytes(path);
        foreach (var length in new[] { 0, 1, bytes.Length / 2, bytes.Length - 2 })
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Contains(saved, Assert.Throws<InvalidDataException>(() => Catalogue.Open(saved)).Message);
        }
    }

    [Fact]
    public void Should_refuse_files_of_two_catalogues_put_together()
    {
        using var folder = new TemporaryFolder();
        var first = Catalogue.Create(Mixed, 4).Save(folder.Path, "train");
        var second = Catalogue.Create(Mixed[..5], 4).Save(folder.Path, "train");
        File.Copy(Path.Combine(second, "entries.arrow"), Path.Combine(first, "entries.arrow"), overwrite: true);

        Assert.Contains("holds 5 structures", Assert.Throws<InvalidDataException>(() => Catalogue.Open(first)).Message);
    }
}
