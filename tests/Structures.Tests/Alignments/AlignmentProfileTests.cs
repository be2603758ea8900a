using Ism.Structures.Alignments;

namespace Ism.Structures.Tests.Alignments;

public class AlignmentProfileTests
{
    private const int A = 0, C = 1, D = 2, W = 18;

    [Fact]
    public void Should_be_weighted_frequencies_without_pseudo_counts()
    {
        // Weights 1/3, 1/3, 1, 1/3 (as in the test of the weights): the last column has F 1/3, G 1/3, Y 1; the gap counts for nothing.
        var profile = AlignmentProfile.Of(Aligned.Of("ACDEF", "ACDEG", "ACDWY", "ACDE-"), new ProfileOptions { PseudoCounts = 0 });
        Assert.Equal(2.0, profile.EffectiveSequences, 1e-12);
        Assert.Equal(5, profile.Columns);
        Assert.Equal(1.0, profile.Column(0)[A], 1e-12);
        Assert.Equal(0.5, profile.Column(3)[W], 1e-12);
        Assert.Equal([("F", 0.2), ("G", 0.2), ("Y", 0.6)], Seen(profile, 4));
    }

    [Fact]
    public void Should_lean_on_substitutions_by_the_pseudo_counts()
    {
        // One sequence of weight 1 and 3 pseudo-counts: (1 + 3 q(C|C)) / 4 and 3 q(W|C) / 4. q(a|C) is P_a exp(0.3176 s_aC) over its sum, and
        // the rows of BLOSUM62 for C, written down here: 9 for itself, 0 for A, -1 for I L M S T V, -2 for F W Y, -4 for E, else -3.
        double[] frequencies =
        [
            0.07805, 0.01925, 0.05364, 0.06295, 0.03856, 0.07377, 0.02199, 0.05142, 0.05744, 0.09019,
            0.02243, 0.04487, 0.05203, 0.04264, 0.05129, 0.0712, 0.05841, 0.06441, 0.0133, 0.03216,
        ];
        var scores = AminoAcids.Letters.Select(letter => letter switch
        {
            'C' => 9,
            'A' => 0,
            'I' or 'L' or 'M' or 'S' or 'T' or 'V' => -1,
            'F' or 'W' or 'Y' => -2,
            'E' => -4,
            _ => -3,
        }).ToArray();
        var joint = frequencies.Zip(scores, (p, s) => p * Math.Exp(0.3176 * s)).ToArray();
        var profile = AlignmentProfile.Of(Aligned.Of("C"), new ProfileOptions { PseudoCounts = 3 });
        for (var a = 0; a < 20; a++)
        {
            Assert.Equal(((a == C ? 1 : 0) + (3 * joint[a] / joint.Sum())) / 4, profile.Column(0)[a], 1e-12);
        }

        Assert.Equal(1, profile.Column(0).ToArray().Sum(), 1e-12);
    }

    [Fact]
    public void Should_say_nothing_of_a_column_without_a_known_residue()
    {
        var profile = AlignmentProfile.Of(Aligned.Of("AX", "C-"), new ProfileOptions());
        Assert.All(profile.Column(1).ToArray(), p => Assert.Equal(0, p));
        Assert.True(profile.Column(0)[A] > profile.Column(0)[D]);
    }

    [Fact]
    public void Should_have_the_matrix_of_the_field()
    {
        Assert.Equal((11, 4, -1, 5), (Score('W', 'W'), Score('A', 'A'), Score('A', 'R'), Score('Q', 'Q')));
        for (var a = 0; a < 20; a++)
        {
            Assert.Equal(1, Enumerable.Range(0, 20).Sum(b => Blosum62.Substitution(b, a)), 1e-12);
            for (var b = 0; b < 20; b++)
            {
                Assert.Equal(Blosum62.Score(a, b), Blosum62.Score(b, a));
            }
        }

        // Joint probabilities add up to 1 with this matrix, these frequencies and 0.3176: what Karlin and Altschul's lambda means.
        Assert.Equal(1, Enumerable.Range(0, 400).Sum(
            i => Blosum62.Background(i / 20) * Blosum62.Background(i % 20) * Math.Exp(0.3176 * Blosum62.Score(i / 20, i % 20))), 1e-4);

        static int Score(char a, char b) => Blosum62.Score(AminoAcids.Index(a), AminoAcids.Index(b));
    }

    [Fact]
    public void Should_rank_with_ties_averaged_and_measure_from_the_wild_type()
    {
        // 0.5, 0.3, 0.1, 0.1, and sixteen zeros: ranks 19, 18, 16.5, 16.5 and (0 + 15) / 2, over 19.
        float[] column = [0.5f, 0.3f, 0.1f, 0.1f, .. new float[16]];
        var targets = new float[20];
        EvolutionaryTarget.Fill(TargetKind.Rank, column, 1, targets);
        Assert.Equal([1 / 19f, 0, -1.5f / 19, -1.5f / 19, -10.5f / 19], targets[..5], (x, y) => Math.Abs(x - y) < 1e-6);
        Assert.All(targets[4..], value => Assert.Equal(targets[4], value));

        EvolutionaryTarget.Fill(TargetKind.Probability, column, 0, targets);
        Assert.Equal([0, -0.2f, -0.4f], targets[..3], (x, y) => Math.Abs(x - y) < 1e-6);
        EvolutionaryTarget.Fill(TargetKind.LogOdds, column, 2, targets);
        Assert.Equal([MathF.Log(5), MathF.Log(3), 0, 0, MathF.Log(1e-5f)], targets[..5], (x, y) => Math.Abs(x - y) < 1e-5);
        Assert.Equal(TargetKind.LogOdds, EvolutionaryTarget.Parse("log-odds"));
        Assert.Contains("use rank, log-odds, probability", Assert.Throws<ArgumentException>(() => EvolutionaryTarget.Parse("order")).Message);
    }

    [Theory]
    [InlineData("MKAWV", "MKAWV", "0 1 2 3 4")]
    [InlineData("KAWVL", "GSMKAWVLE", "3 4 5 6 7")]
    [InlineData("MKAWVLQRDE", "MKAWVLQGGGRDE", "0 1 2 3 4 5 6 10 11 12")]
    [InlineData("MKAWVXLQRD", "MKAWVPLQRD", "0 1 2 3 4 5 6 7 8 9")]
    public void Should_find_the_columns_of_a_chains_residues(string chain, string query, string columns) =>
        Assert.Equal(columns, string.Join(' ', ChainColumns.Of(chain, query).Columns!));

    [Theory]
    [InlineData("MKAWVLQRDE", "GGGGGGGGGG", "and 0 of them are the same (at least 90")]
    [InlineData("MKAWVLQRDEMKAWVLQRDE", "MKAW", "4 of the chain's 20 known residues")]
    public void Should_refuse_the_alignment_of_another_protein(string chain, string query, string expected)
    {
        var (columns, problem) = ChainColumns.Of(chain, query);
        Assert.Null(columns);
        Assert.Contains(expected, problem);
    }

    private static List<(string Letter, double Share)> Seen(AlignmentProfile profile, int column) =>
        [.. profile.Column(column).ToArray().Select((p, a) => ($"{AminoAcids.Letters[a]}", Math.Round(p, 9))).Where(pair => pair.Item2 > 0)];
}
