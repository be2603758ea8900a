using System.Globalization;
using static Ism.Structures.Tests.Reading.TextStructures;

namespace Ism.Structures.Tests.Reading;

/// <summary>One oddity of mmCIF a test.</summary>
public class CifReadingTests
{
    private static readonly string[] Columns =
    [
        "group_PDB", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id", "label_seq_id",
            "pdbx_PDB_ins_code",
        "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv", "auth_seq_id", "auth_asym_id", "pdbx_PDB_model_num",
    ];

    [Fact]
    public void Should_prefer_author_numbers_and_chain_ids()
    {
        var structure = Read(Cif(Residue("ALA", 1) + Residue("CYS", 2)), "test.cif");
        Assert.Equal((StructureFormat.Mmcif, "Z", "AC"), (structure.Format, structure.Chains[0].Id,
            structure.Chains[0].Sequence));
        Assert.Equal([101, 102], structure.Residues.Select(r => r.Number));
    }

    [Fact]
    public void Should_fall_back_to_label_numbers_where_the_author_gives_none()
    {
        var structure = Read(Cif(Residue("ALA", 1, author: "?", chain: ".")), "test.cif");
        Assert.Equal(("A", 1), (structure.Chains[0].Id, structure.Residues[0].Number));
    }

    [Fact]
    public void Should_take_residues_without_label_number_for_ligands()
    {
        var structure = Read(Cif(Residue("ALA", 1) + Residue("ARG", 2, label: ".", group: "HETATM")), "test.cif");
        Assert.Equal("A", structure.Chains[0].Sequence);
        Assert.Equal(2, structure.Residues.Length);
    }

    [Fact]
    public void Should_read_the_first_model_alone()
    {
        var structure = Read(Cif(Residue("ALA", 1, model: 3) + Residue("ALA", 1, model: 4)), "test.cif");
        Assert.Equal(4, structure.Atoms.Count);
        Assert.True(structure.Notes("several models"));
    }

    [Fact]
    public void Should_read_quotes_comments_uncertainties_and_rows_over_several_lines()
    {
        var text = Cif(Residue("ALA", 1).Replace(" CA ", " \"CA\" ", StringComparison.Ordinal)
            .Replace(" 1.000 0.000 ", "\n 1.000(4) # x\n 0.000 ", StringComparison.Ordinal));
        var structure = Read("# comment\n\n" + text, "test.cif");
        Assert.Equal("A", structure.Chains[0].Sequence);
        Assert.Equal(1f, structure.Atoms.X[structure.Residues[0].AlphaCarbon]);
    }

    [Fact]
    public void Should_tell_copies_of_a_chain_by_their_label_ids()
    {
        var structure = Read(Cif(Residue("ALA", 1) + Residue("CYS", 1, asym: "A-2")), "test.cif");
        Assert.Equal(["Z:A", "A-2:C"], structure.Chains.Select(c => $"{c.Id}:{c.Sequence}"));
    }

    [Fact]
    public void Should_refuse_a_file_that_ends_inside_a_row()
    {
        var text = Cif(Residue("ALA", 1));
        var refusal = Refused(text[..^14], "test.cif");
        Assert.Equal((RefusalReason.Truncated, text.Count(c => c == '\n')), (refusal.Reason, refusal.Line));
    }

    [Fact]
    public void Should_refuse_a_short_row_with_its_line()
    {
        var text = Cif(Residue("ALA", 1) + "ATOM N N . ALA\n" + Residue("ALA", 2));
        var refusal = Refused(text, "test.cif");
        Assert.Equal((RefusalReason.Damaged, text[..text.IndexOf("ATOM N N . ALA\n", StringComparison.Ordinal)].Count(c =>
            c == '\n') + 1),
            (refusal.Reason, refusal.Line));
    }

    [Fact]
    public void Should_refuse_a_loop_without_coordinates_by_name()
    {
        var refusal = Refused(Cif(Residue("ALA", 1)).Replace("Cartn_y", "Cartn_why", StringComparison.Ordinal), "test.cif");
        Assert.Equal(RefusalReason.Damaged, refusal.Reason);
        Assert.Contains("Cartn_y", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_refuse_a_data_block_without_atoms() =>
        Assert.Equal(RefusalReason.NoAtoms, Refused("data_X\n_entry.id X\n", "test.cif").Reason);

    private static string Cif(string rows) =>
        "data_TEST\n_entry.id TEST\nloop_\n" + string.Concat(Columns.Select(c => $"_atom_site.{c}\n")) + rows;

    private static string Residue(
        string name, int number, string? author = null, string chain = "Z", string asym = "A", string? label = null,
            string group = "ATOM",
        int model = 1)
    {
        var rows = "";
        foreach (var (atom, x) in new[] { ("N", 0), ("CA", 1), ("C", 2), ("O", 3) })
        {
            rows += string.Create(CultureInfo.InvariantCulture,
                $"{group} {atom[0]} {atom} . {name} {asym} {label ?? number.ToString(CultureInfo.InvariantCulture)} ? {x}.000 0.000 {3.8 * number} "
                + $"1.00 20.0 {author ?? $"{100 + number}"} {chain} {model}\n");
        }

        return rows;
    }
}
