using Ism.Evaluation.Atlas;
using Ism.Evaluation.Reports;
using Ism.Structures;

namespace Ism.Evaluation.Tests.Atlas;

public class TokenProfileTests
{
    // Three residues: two alanines and one unknown; the numbers below are worked out by hand from them.
    private static readonly ObservedResidue[] Residues =
    [
        Residue('A', "CCNO", "LV", 'H', 0.1f, 40),
        Residue('A', "CS", "LX", 'E', 0.35f, 80),
        Residue('X', "CCCZ", "", '?', float.NaN, null),
    ];

    [Fact]
    public void Should_count_shares_and_means()
    {
        var profile = Of(Residues);
        Assert.Equal(3, profile.Residues);
        Assert.Equal((2L, 1L), (profile.AminoAcidCounts[0], profile.AminoAcidCounts[20]));
        Assert.Equal(1, profile.AminoAcidShares[0]);
        Assert.Equal(2 / 3.0, profile.NeighbourShares[AminoAcids.Index('L')], 12);
        Assert.Equal(1 / 3.0, profile.NeighbourShares[AminoAcids.Index('V')], 12);
        Assert.Equal(1, profile.NeighbourCounts[20]);
        Assert.Equal(10 / 3.0, profile.MeanAtoms, 12);
        Assert.Equal([0.6, 0, 0.1, 0.1, 0, 0.1, 0.1], profile.ElementShares.Select(share => Math.Round(share, 12)));
        Assert.Equal((double[])[0.5, 0.5, 0], profile.ThreeStateShares);
        Assert.Equal((double[])[0.5, 0, 0.5, 0, 0, 0, 0, 0], profile.StateShares);
        Assert.Equal(0.225, profile.MeanExposure, 6);
        Assert.Equal(0.5, profile.BuriedShare);
        Assert.Equal([0, 1, 0, 1, 0, 0, 0, 0, 0, 0], profile.ExposureCounts);
        Assert.Equal(60, profile.MeanPlddt);
        Assert.Equal(0.5, profile.LowPlddtShare);
        Assert.Equal([1, 0, 1, 0], profile.PlddtCounts);
    }

    [Theory]
    [InlineData(49.9f, 0)]
    [InlineData(50f, 1)]
    [InlineData(70f, 2)]
    [InlineData(90f, 3)]
    [InlineData(100f, 3)]
    public void Should_band_pLDDT_as_AlphaFold_does(float plddt, int band) =>
        Assert.Equal(1, Of(Residue('A', "C", "", 'H', 0.1f, plddt)).PlddtCounts[band]);

    [Fact]
    public void Should_add_up_from_parts()
    {
        var (whole, parts) = (Of(Residues), Of(Residues[0]));
        parts.Merge(Of(Residues[1..]));
        Assert.Equal(whole.Residues, parts.Residues);
        Assert.Equal(whole.ElementShares, parts.ElementShares);
        Assert.Equal(whole.NeighbourCounts, parts.NeighbourCounts);
        Assert.Equal(whole.StateCounts, parts.StateCounts);
        Assert.Equal(whole.MeanExposure, parts.MeanExposure, 9);
        Assert.Equal((whole.MeanPlddt, whole.BuriedShare), (parts.MeanPlddt, parts.BuriedShare));
    }

    [Fact]
    public void Should_say_nothing_of_a_token_without_residues()
    {
        var empty = new TokenProfile();
        Assert.All((double[])[empty.MeanAtoms, empty.MeanExposure, empty.BuriedShare, empty.MeanPlddt, empty.LowPlddtShare, empty.AminoAcidShares[3]],
            value => Assert.True(double.IsNaN(value)));
        Assert.Equal("", TokenWords.Of(empty, Of(Residues)));
    }

    [Fact]
    public void Should_name_tokens_by_the_rules()
    {
        var background = Of([.. "ACDEFGHIKLMNPQRSTVWY".Select(letter => Residue(letter, "C", "", 'E', 0.5f, null))]);
        Assert.Equal("buried helix: A", TokenWords.Of(Of(Residue('A', "C", "", 'H', 0.1f, null)), background));
        Assert.Equal(
            "half-buried helix/strand: L, V",
            TokenWords.Of(Of(Residue('L', "C", "", 'G', 0.3f, null), Residue('V', "C", "", 'B', 0.2f, null)), background));
        Assert.Equal("exposed strand", TokenWords.Of(background, background));
    }

    [Theory]
    [InlineData("token 17: 90.0 % of its 30 residues are under pLDDT 50", 17)]
    [InlineData("token 5 fixed by the setting", 5)]
    [InlineData("switched off by the setting 'none'", null)]
    [InlineData("no token with at least 20 residues has one under pLDDT 50", null)]
    public void Should_read_a_choice_from_its_reason(string reason, int? token) =>
        Assert.Equal(token, Models.Codebook.ExcludedToken.TokenOf(reason));

    [Theory]
    [InlineData(8, 1, 0)]
    [InlineData(20, 0, 1)]
    public void Should_mark_the_K_in_use_whether_or_not_it_was_tried(int chosen, int dots, int lines)
    {
        var report = new RunReport { JobName = "k", Elbow = new ElbowTable([new(4, 9), new(8, 5), new(32, 2)], chosen, 8) };
        var html = HtmlReport.Render(report);
        Assert.Equal(dots, html.Split("class=\"dot marked\"").Length - 1);
        Assert.Equal(lines, html.Split("class=\"level marked\"").Length - 1);
        Assert.Contains($"used: K = {chosen}", html, StringComparison.Ordinal);
        Assert.Equal(chosen != 8, html.Contains("knee: K = 8", StringComparison.Ordinal));
    }

    private static TokenProfile Of(params ObservedResidue[] residues)
    {
        var profile = new TokenProfile();
        Array.ForEach(residues, profile.Add);
        return profile;
    }

    // Elements by letter, Z for any other.
    private static ObservedResidue Residue(char letter, string atoms, string neighbours, char state, float exposure, float? plddt) => new(
        new Microenvironment(
            [.. atoms.Select(a => (byte)(a == 'Z' ? ElementType.X : Enum.Parse<ElementType>(a.ToString())))], new float[3 * atoms.Length],
            AminoAcids.Index(letter)),
        [.. neighbours.Select(AminoAcids.Index)], state, exposure, plddt);
}
