using System.Text;

namespace Ism.Structures.Tests.Model;

/// <summary>Tables of residues and elements.</summary>
public class ResidueTableTests
{
    [Fact]
    public void Should_index_the_twenty_letters_in_alphabetical_order_with_X_behind()
    {
        Assert.Equal("ACDEFGHIKLMNPQRSTVWY", AminoAcids.Letters);
        Assert.Equal(AminoAcids.Letters, new string([.. Enumerable.Range(0, 20).Select(i => AminoAcids.Letter((byte)i))]));
        Assert.All(AminoAcids.Letters, (letter, index) => Assert.Equal(index, AminoAcids.Index(letter)));
        Assert.Equal(20, AminoAcids.Index('B'));
        Assert.Equal('X', AminoAcids.Letter(AminoAcids.Unknown));
    }

    [Theory]
    [InlineData("MSE", 'M')]
    [InlineData("SEP", 'S')]
    [InlineData("TPO", 'T')]
    [InlineData("PTR", 'Y')]
    [InlineData("CSO", 'C')]
    [InlineData("HYP", 'P')]
    [InlineData("PCA", 'E')]
    [InlineData("MLY", 'K')]
    [InlineData("KCX", 'K')]
    [InlineData("LLP", 'K')]
    [InlineData("CME", 'C')]
    [InlineData("OCS", 'C')]
    [InlineData("SEC", 'C')]
    [InlineData("PYL", 'K')]
    [InlineData("DAL", 'A')]
    [InlineData("HSE", 'H')]
    [InlineData("CYX", 'C')]
    [InlineData("UNK", 'X')]
    public void Should_map_modified_residues_to_their_parent(string name, char letter)
    {
        var entry = ResidueNames.Find(PackedName.Pack(name));
        Assert.True(entry.IsAminoAcid);
        Assert.Equal(letter, AminoAcids.Letter(entry.AminoAcid));
    }

    [Theory]
    [InlineData(" CA ", true, ElementType.C)]
    [InlineData("CA  ", true, ElementType.C)]
    [InlineData("CA  ", false, ElementType.X)]
    [InlineData(" CA ", false, ElementType.C)]
    [InlineData("HG11", true, ElementType.H)]
    [InlineData("HG11", false, ElementType.H)]
    [InlineData("HG  ", false, ElementType.X)]
    [InlineData("1HB ", true, ElementType.H)]
    [InlineData(" SD ", true, ElementType.S)]
    [InlineData("SE  ", true, ElementType.X)]
    [InlineData("ZN  ", false, ElementType.X)]
    [InlineData(" P  ", true, ElementType.P)]
    [InlineData(" OXT", true, ElementType.O)]
    [InlineData("NE2 ", true, ElementType.N)]
    public void Should_derive_the_element_from_the_atom_name_columns(string field, bool inPolymer, ElementType element) =>
        Assert.Equal(element, Elements.FromAtomName(Encoding.ASCII.GetBytes(field), inPolymer));

    [Theory]
    [InlineData("1.500", 1.5f)]
    [InlineData("-0.001", -0.001f)]
    [InlineData("12", 12f)]
    [InlineData("+3.25", 3.25f)]
    [InlineData(".5", .5f)]
    [InlineData("1.234(5)", 1.234f)]
    [InlineData("1.5e1", 15f)]
    [InlineData("123.45600000000000000000", 123.456f)]
    public void Should_read_decimal_numbers(string text, float value)
    {
        Assert.True(NumberFields.TryFloat(Encoding.ASCII.GetBytes(text), out var read));
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1.2.3")]
    [InlineData("nan")]
    [InlineData("1e40")]
    [InlineData("99999999999999999999")]
    [InlineData("1 2")]
    [InlineData("(5)")]
    public void Should_not_read_what_is_no_coordinate(string text) =>
        Assert.False(NumberFields.TryFloat(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("-12", -12)]
    [InlineData("9999", 9999)]
    [InlineData("A000", 10000)]
    [InlineData("A001", 10001)]
    [InlineData("ZZZZ", 1223055)]
    [InlineData("a000", 1223056)]
    public void Should_read_decimal_and_hybrid36_residue_numbers(string text, int number)
    {
        Assert.True(NumberFields.TryResidueNumber(Encoding.ASCII.GetBytes(text), out var read));
        Assert.Equal(number, read);
    }
}
