using static Ism.Structures.Tests.Reading.TextStructures;

namespace Ism.Structures.Tests.Reading;

/// <summary>One oddity of the PDB format a test.</summary>
public class PdbReadingTests
{
    [Fact]
    public void Should_keep_the_conformer_of_highest_occupancy()
    {
        var structure = Read(Alanines(2) + Residue("GLY", 3, altloc: 'A', occupancy: 0.4, at: 20)
            + Residue("GLY", 3, altloc: 'B', occupancy: 0.6, at: 30));
        var last = structure.Residues[^1];
        Assert.Equal(5, last.AtomCount);
        Assert.Equal(30f, structure.Atoms.X[last.AlphaCarbon]);
        Assert.True(structure.Notes("1 residues with alternate locations"));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0)]
    public void Should_keep_the_first_conformer_on_a_tie(double occupancy)
    {
        var structure = Read(Residue("GLY", 3, altloc: 'B', occupancy: occupancy, at: 30)
            + Residue("GLY", 3, altloc: 'A', occupancy: occupancy, at: 20));
        Assert.Equal(5, structure.Atoms.Count);
        Assert.Equal(30f, structure.Atoms.X[structure.Residues[0].AlphaCarbon]);
    }

    [Fact]
    public void Should_complete_a_conformer_with_atoms_that_only_another_one_has()
    {
        var structure = Read(Residue("SER", 1) + Atom("OG", "SER", 1, 9, 9, 9, altloc: 'B', occupancy: 0.3)
            + Atom("OXT", "SER", 1, 8, 8, 8, altloc: 'C', occupancy: 0.5));
        Assert.Equal(7, structure.Atoms.Count);
    }

    [Fact]
    public void Should_keep_a_single_conformer_called_B()
    {
        var structure = Read(Residue("SER", 1) + Residue("SER", 2, altloc: 'B', occupancy: 0.5) + Residue("SER", 3));
        Assert.Equal("SSS", structure.Chains[0].Sequence);
        Assert.Equal(15, structure.Atoms.Count);
    }

    [Theory]
    [InlineData(0.7, 'P')]
    [InlineData(0.3, 'S')]
    [InlineData(0.5, 'P')]
    public void Should_pick_one_residue_type_where_two_share_a_position(double first, char letter)
    {
        var structure = Read(Alanines(2) + Residue("PRO", 3, altloc: 'A', occupancy: first)
            + Residue("SER", 3, altloc: 'B', occupancy: 1 - first));
        Assert.Equal("AA" + letter, structure.Chains[0].Sequence);
        Assert.Equal(15, structure.Atoms.Count);
        Assert.True(structure.Notes("PRO/SER A3"));
    }

    [Fact]
    public void Should_give_the_shared_backbone_to_the_residue_type_that_is_picked()
    {
        var structure = Read(Residue("LEU", 1) + Atom("CG", "LEU", 1, 5, 1, 1, altloc: 'A', occupancy: 0.3)
            + Atom("CG1", "ILE", 1, 5, 2, 1, altloc: 'B', occupancy: 0.7) + Alanines(1, 2));
        Assert.Equal("IA", structure.Chains[0].Sequence);
        Assert.Equal(6, structure.Residues[0].AtomCount);
    }

    [Fact]
    public void Should_tell_residues_by_insertion_code_and_keep_negative_numbers()
    {
        var structure = Read(Residue("ALA", -1) + Residue("CYS", 0) + Residue("ASP", 0, insertion: 'A', at: 4)
            + Residue("GLU", 0, insertion: 'B', at: 8));
        Assert.Equal("ACDE", structure.Chains[0].Sequence);
        Assert.Equal([-1, 0, 0, 0], structure.Residues.Select(r => r.Number));
        Assert.Equal("  AB", new string([.. structure.Residues.Select(r => r.InsertionCode)]));
    }

    [Fact]
    public void Should_begin_a_new_residue_when_a_number_repeats()
    {
        var structure = Read(Residue("ALA", 5, at: 0) + Residue("ALA", 5, at: 4) + Residue("GLY", 5, at: 8));
        Assert.Equal("AAG", structure.Chains[0].Sequence);
        Assert.True(structure.Notes("repeated residue numbers"));
    }

    [Fact]
    public void Should_read_the_first_model_alone()
    {
        var structure = Read($"MODEL        1\n{Alanines(3)}ENDMDL\nMODEL        2\n{Alanines(4)}ENDMDL\nEND\n");
        Assert.Equal("AAA", structure.Chains[0].Sequence);
        Assert.True(structure.Notes("several models"));
    }

    [Fact]
    public void Should_make_each_protein_chain_a_protein_and_keep_the_rest_as_surroundings()
    {
        var structure = Read(Alanines(3, chain: "A") + "TER\n" + Alanines(2, chain: "B") + "TER\n"
            + Atom("ZN", "ZN", 201, 1, 1, 1, element: "ZN", hetero: true)
                + Atom("O", "HOH", 301, 2, 2, 2, element: "O", hetero: true)
            + Atom("P", "DA", 1, 3, 3, 3, chain: "C", element: "P"));
        Assert.Equal(["A:AAA", "B:AA"], structure.Chains.Select(c => $"{c.Id}:{c.Sequence}"));
        Assert.Equal(27, structure.Atoms.Count);
        Assert.Equal([0, 0, 0, 1, 1, -1, -1], structure.Residues.Select(r => r.Chain));
        Assert.Equal([ElementType.X, ElementType.P], new[] { structure.Atoms.Element(25), structure.Atoms.Element(26) });
        Assert.True(structure.Notes("1 water atoms dropped"));
    }

    [Fact]
    public void Should_keep_a_modified_residue_in_the_chain_and_a_free_amino_acid_out_of_it()
    {
        var structure = Read(Residue("ALA", 1) + Residue("MSE", 2, hetero: true) + Residue("ALA", 3) + "TER\n"
            + Residue("ARG", 4, hetero: true, at: 60));
        Assert.Equal("AMA", structure.Chains[0].Sequence);
        Assert.Equal(-1, structure.Residues[3].Chain);
        Assert.True(structure.Notes("MSE=M x1"));
    }

    [Fact]
    public void Should_take_amino_acids_bonded_only_to_each_other_for_a_ligand()
    {
        var structure = Read(Residue("ALA", 1) + "TER\n" + Residue("ALA", 201, hetero: true, at: 60)
            + Residue("PRO", 202, hetero: true, at: 63));
        Assert.Equal("A", structure.Chains[0].Sequence);
        Assert.Equal(3, structure.Residues.Length);
    }

    [Fact]
    public void Should_tell_chains_of_one_id_by_TER_and_numbers_that_start_over()
    {
        var structure = Read(Alanines(3, chain: " ") + "TER\n" + Residue("CYS", 1, " ", at: 90) + Residue("CYS", 2, " ", at: 94)
            + "TER\n");
        Assert.Equal(["_:AAA", "_-2:CC"], structure.Chains.Select(c => $"{c.Id}:{c.Sequence}"));
        Assert.Equal("AAAAA", Assert.Single(Read(Alanines(3) + "TER\n" + Alanines(2, 9) + "TER\n").Chains).Sequence);
    }

    [Theory]
    [InlineData(7.6, "AM")]
    [InlineData(40, "A")]
    public void Should_ask_for_a_peptide_bond_where_no_TER_tells(double at, string sequence)
    {
        var structure = Read(Residue("ALA", 1, at: 3.8).Replace("5.100   0.600", "5.100   0.500")
            + Residue("MSE", 2, hetero: true, at: at));
        Assert.Equal(sequence, structure.Chains[0].Sequence);
    }

    [Fact]
    public void Should_call_unknown_residues_of_a_chain_X()
    {
        var structure = Read(Alanines(2) + Residue("ZZZ", 3) + Residue("UNK", 4));
        Assert.Equal("AAXX", structure.Chains[0].Sequence);
        Assert.True(structure.Notes("2 residues of unknown type"));
    }

    [Fact]
    public void Should_leave_residues_without_alpha_carbon_out_of_the_sequence_but_keep_their_atoms()
    {
        var structure = Read(Alanines(2) + Atom("N", "GLY", 3, 9, 9, 9) + Atom("N", "ACE", 4, 9, 9, 12));
        Assert.Equal("AA", structure.Chains[0].Sequence);
        Assert.Equal(12, structure.Atoms.Count);
        Assert.Equal(-1, structure.Residues[2].AlphaCarbon);
        Assert.True(structure.Notes("1 residues without C-alpha left out of the sequence: GLY A3"));
    }

    [Fact]
    public void Should_drop_hydrogens_with_and_without_element_columns()
    {
        var structure = Read(Residue("VAL", 1) + Atom("HG11", "VAL", 1, 1, 1, 1) + Atom("H", "VAL", 1, 1, 2, 1)
            + Atom("D", "VAL", 1, 1, 3, 1, element: "D"));
        Assert.Equal(5, structure.Atoms.Count);
        Assert.True(structure.Notes("3 hydrogens dropped"));
    }

    [Fact]
    public void Should_read_carriage_returns_and_a_last_line_without_end()
    {
        var text = Alanines(3);
        Assert.Equal(Read(text).Atoms.X, Read(text.Replace("\n", "\r\n", StringComparison.Ordinal)).Atoms.X);
        Assert.Equal(Read(text).Atoms.X, Read(text.TrimEnd()).Atoms.X);
    }

    [Fact]
    public void Should_refuse_a_file_that_ends_inside_an_atom_record()
    {
        var refusal = Refused(Alanines(3)[..^40]);
        Assert.Equal((RefusalReason.Truncated, 15), (refusal.Reason, refusal.Line));
        Assert.Contains("test.pdb:15", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, "   x.yz ")]
    [InlineData(38, "        ")]
    [InlineData(22, "  1b")]
    [InlineData(54, "  half")]
    [InlineData(60, "  ?.00")]
    public void Should_refuse_a_damaged_number_with_its_line(int column, string damage)
    {
        var lines = Alanines(3).Split('\n');
        lines[7] = lines[7][..column] + damage + lines[7][(column + damage.Length)..];
        var refusal = Refused(string.Join('\n', lines));
        Assert.Equal((RefusalReason.Damaged, 8), (refusal.Reason, refusal.Line));
    }
}
