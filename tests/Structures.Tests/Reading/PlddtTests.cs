using static Ism.Structures.Tests.Reading.TextStructures;

namespace Ism.Structures.Tests.Reading;

/// <summary>When the B-factor column is pLDDT, and on which scale.</summary>
public class PlddtTests
{
    private static readonly string Rising = Residue("ALA", 1, b: 40) + Residue("ALA", 2, b: 90.5) + Residue("ALA", 3, b: 70);

    [Theory]
    [InlineData("", "one B-factor per residue")]
    [InlineData("PARENT N/A\n", "PARENT")]
    [InlineData("TITLE     ALPHAFOLD MONOMER V2.0 PREDICTION FOR X\n", "header names")]
    [InlineData("EXPDTA    THEORETICAL MODEL\n", "EXPDTA")]
    public void Should_take_the_B_factor_of_a_predicted_model_for_pLDDT(string header, string evidence)
    {
        var structure = Read(header + Rising);
        Assert.True(structure.IsPredicted);
        Assert.True(structure.Notes(evidence));
        Assert.Equal([40f, 90.5f, 70f], structure.Chains[0].Plddt!);
        Assert.Equal(90.5f, structure.Residues[1].Plddt);
    }

    [Fact]
    public void Should_know_a_model_of_several_chains_by_one_value_per_residue()
    {
        var structure = Read(Rising + "TER\n" + Residue("ALA", 1, "B", b: 30) + Residue("ALA", 2, "B", b: 31));
        Assert.Equal([30f, 31f], structure.Chains[1].Plddt!);
    }

    [Fact]
    public void Should_know_a_model_of_the_AlphaFold_database_by_its_name() =>
        Assert.True(Read(Rising.Replace("  1 ", "  7 ", StringComparison.Ordinal), "AF-P01053-F1.pdb").IsPredicted);

    [Fact]
    public void Should_scale_pLDDT_from_one_to_a_hundred()
    {
        var structure = Read("PARENT N/A\n" + Residue("ALA", 1, b: 0.44) + Residue("ALA", 2, b: 0.91));
        Assert.Equal([44f, 91f], structure.Chains[0].Plddt!.Select(plddt => MathF.Round(plddt)));
        Assert.True(structure.Notes("scaled from 0..1"));
    }

    [Theory]
    [InlineData("EXPDTA    X-RAY DIFFRACTION\n", 0)]
    [InlineData("EXPDTA    X-RAY DIFFRACTION\nREMARK   3 STARTING MODEL ALPHAFOLD\n", 0)]
    [InlineData("", 7)]
    public void Should_leave_the_B_factors_of_experiments_alone(string header, double deviation)
    {
        var structure = Read(header + Rising + Atom("OXT", "ALA", 3, 1, 1, 1, b: 70 + deviation));
        Assert.False(structure.IsPredicted);
        Assert.Null(structure.Chains[0].Plddt);
        Assert.All(structure.Residues, r => Assert.True(float.IsNaN(r.Plddt)));
    }

    [Fact]
    public void Should_say_when_a_predicted_model_holds_no_pLDDT()
    {
        var structure = Read("PARENT N/A\n" + Residue("ALA", 1, b: 0) + Residue("ALA", 2, b: 0));
        Assert.Null(structure.Chains[0].Plddt);
        Assert.True(structure.Notes("pLDDT unknown"));
    }
}
