namespace Ism.Structures.Tests.Model;

/// <summary>Names of the AlphaFold database, as it and its mirrors write them.</summary>
public class AlphaFoldNameTests
{
    [Theory]
    [InlineData("AF-P01053-F1", "P01053", 1, null)]
    [InlineData("AF-P01053-F1.pdb.gz", "P01053", 1, null)]
    [InlineData("AF-Q9P273-F1-model_v4.pdb.gz", "Q9P273", 1, 4)]
    [InlineData("/data/afdb/AF-A0A009DXE7-F12-model_v6.cif", "A0A009DXE7", 12, 6)]
    [InlineData("AF-P12345-2-F1-model_v10.cif.zst", "P12345-2", 1, 10)]
    [InlineData("af-p01053-f1-model_v1.pdb", "P01053", 1, 1)]
    public void Should_read_accession_fragment_and_version(string path, string accession, int fragment, int? version)
    {
        Assert.True(AlphaFoldName.TryParse(path, out var name));
        Assert.Equal(new AlphaFoldName(accession, fragment, version), name);
    }

    [Theory]
    [InlineData("1ake.pdb")]
    [InlineData("AF-P01053.pdb")]
    [InlineData("XAF-P01053-F1.pdb")]
    [InlineData("AF-P01053-F1x.pdb")]
    [InlineData("AF-P01053-F99999999999.pdb")]
    [InlineData("")]
    public void Should_not_take_other_names_for_the_databases(string path) => Assert.False(AlphaFoldName.TryParse(path, out _));

    [Theory]
    [InlineData("AF-P01053-F1")]
    [InlineData("AF-Q9P273-F2-model_v4")]
    public void Should_write_the_name_as_the_database_does(string text)
    {
        Assert.True(AlphaFoldName.TryParse(text + ".cif", out var name));
        Assert.Equal(text, name.ToString());
    }
}
