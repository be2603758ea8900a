using Ism.Corpus;
using Ism.Evaluation.Reports;

namespace Ism.Coordinator.Tests.Jobs;

public sealed class TokenSurveyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-survey-").FullName;

    [Fact]
    public void Should_add_up_the_fate_of_every_structure_over_chunks()
    {
        Write(0, [Row(0, "A", "AACD", [1, 1, 2, 0]), Row(0, "B", "AG", [1, 3]), Row(2, "A", "AAA", [2, 2, 1])], [1]);
        Write(1, [Row(3, "A", "CC", [0, TokenRow.NoToken])], [4, 5]);

        var survey = TokenSurvey.Of(_folder, 2, 4);
        var account = survey.Account("corpus");
        Assert.Equal((6L, 3L, 4L, 11L, 3L), (account.Structures, account.Tokenised, account.Chains, account.Residues, account.QuarantinedCount));
        Assert.Equal([1, 4, 5], account.Quarantined.Select(q => q.Position));
        Assert.Equal([("Empty", 3L)], account.Reasons.Select(r => (r.Reason, r.Count)));
        Assert.Equal([2, 4, 3, 1], survey.Tokens.Counts);

        // Of 10 residues with a token 4 have token 1; without it, of the other 6 those with token 2 are 3. Of 11 letters 6 are A.
        Assert.Equal(0.4, survey.TokenBaseline(survey.Tokens, null), 1e-12);
        Assert.Equal(0.5, survey.TokenBaseline(survey.Tokens, 1), 1e-12);
        Assert.Equal(6 / 11.0, survey.AminoAcidBaseline(survey), 1e-12);
    }

    [Fact]
    public void Should_count_every_teacher_and_the_chains_that_it_says_nothing_of()
    {
        TokenRow Two(long position, ushort[] first, ushort[] second) => Row(position, "A", "ACD", first) with { Tokens = [first, second] };
        ushort[] none = [TokenRow.NoToken, TokenRow.NoToken, TokenRow.NoToken];
        TokenFileWriter.Write(
            TokenFile.PathOf(_folder, 0),
            new TokenFileHeader("c0ffee", 0, new PositionRange(0, 2), "abc", "0.1.0", ["autoencoder", "second"]),
            [Two(0, [0, 1, 1], [6, TokenRow.NoToken, 6]), Two(1, [3, 3, 3], none)],
            []);

        var survey = TokenSurvey.Of(_folder, 1, 4, 7);
        Assert.Equal([1, 2, 0, 3], survey.Teachers[0].Counts);
        Assert.Equal([0, 0, 0, 0, 0, 0, 2], survey.Teachers[1].Counts);
        Assert.Equal([0, 1], survey.ChainsWithoutTokens);
        Assert.Equal(1, survey.TokenBaseline(survey.Teachers[1], null, teacher: 1), 1e-12);
    }

    [Fact]
    public void Should_not_take_a_missing_chunk_for_an_empty_one()
    {
        Write(0, [Row(0, "A", "AC", [0, 1])], [1, 2]);

        Assert.ThrowsAny<IOException>(() => TokenSurvey.Of(_folder, 2, 4));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(int chunk, TokenRow[] rows, long[] refused) => TokenFileWriter.Write(
        TokenFile.PathOf(_folder, chunk),
        new TokenFileHeader("c0ffee", chunk, new PositionRange(3 * chunk, 3), "abc", "0.1.0", ["autoencoder"]),
        rows,
        refused.Select(p => new QuarantinedStructure(p, $"bad-{p}", "Empty", "nothing in it")));

    private static TokenRow Row(long position, string chain, string sequence, ushort[] tokens) => new()
    {
        Position = position,
        Name = $"protein-{position}",
        Chain = chain,
        Sequence = sequence,
        Tokens = [tokens],
    };
}
