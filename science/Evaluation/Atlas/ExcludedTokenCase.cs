using System.Globalization;
using Ism.Evaluation.Reports;
using Ism.Models.Codebook;

namespace Ism.Evaluation.Atlas;

/// <summary>What the structures looked at say for or against leaving a token out: whether it gathers badly predicted, exposed residues.</summary>
/// <param name="Token">The token left out, or null.</param>
/// <param name="Sentences">Plain statements with their numbers.</param>
/// <param name="Candidates">Tokens by share under pLDDT 50, highest first, as the choice ranks them.</param>
public sealed record ExcludedTokenCase(int? Token, IReadOnlyList<string> Sentences, IReadOnlyList<TokenConfidenceRow> Candidates)
{
    /// <summary>Makes the case.</summary>
    public static ExcludedTokenCase Of(TokenAtlas atlas, AtlasFacts facts)
    {
        var profiles = atlas.Profiles();
        var choice = ExcludedToken.Choose(AtlasSet.Confidence(profiles));
        var candidates = choice.Table.Where(row => row.Eligible).ToList();
        var sentences = new List<string>();
        if (facts.Excluded is not { } token)
        {
            sentences.Add($"No token is left out: {facts.ExcludedReason}.");
            return new ExcludedTokenCase(null, sentences, candidates);
        }

        sentences.Add(facts.ExcludedReason.StartsWith("token ", StringComparison.Ordinal)
            ? $"The choice: {facts.ExcludedReason}."
            : $"Token {token} is left out: {facts.ExcludedReason}.");
        var (profile, all) = (profiles[token], TokenAtlas.Background(profiles));
        if (profile.Residues == 0)
        {
            sentences.Add("None of the residues looked at has it.");
            return new ExcludedTokenCase(token, sentences, candidates);
        }

        sentences.Add(Confidence(token, profile, all, candidates, choice.Token));
        var rank = 1 + profiles.Count(p => p.MeanExposure > profile.MeanExposure);
        sentences.Add($"By exposure it is number {rank} of {profiles.Count(p => p.Residues > 0)} tokens: its residues' mean relative exposure is "
            + $"{Two(profile.MeanExposure)}, that of all residues {Two(all.MeanExposure)}.");
        sentences.Add($"Their surroundings have {Whole(profile.MeanAtoms)} atoms, over all residues {Whole(all.MeanAtoms)}; "
            + $"{Numbers.Percent(profile.ThreeStateShares[2])} are coil, over all residues {Numbers.Percent(all.ThreeStateShares[2])}.");
        sentences.Add("It is " + string.Join(" and ", atlas.Sets.Where(set => set.Residues > 0).Select(set =>
            $"{Numbers.Percent(set.ShareOf(token))} of the {set.Name} residues")) + ".");
        return new ExcludedTokenCase(token, sentences, candidates);
    }

    private static string Confidence(int token, TokenProfile profile, TokenProfile all, List<TokenConfidenceRow> candidates, int? best)
    {
        if (double.IsNaN(profile.LowPlddtShare))
        {
            return "None of its residues looked at has a pLDDT, so that nothing can be said of badly predicted ones.";
        }

        var here = $"Here {Numbers.Percent(profile.LowPlddtShare)} of its {Numbers.Count(profile.PlddtCounts.Sum())} residues with a pLDDT are under 50, "
            + $"over all tokens {Numbers.Percent(all.LowPlddtShare)}";
        var other = candidates.FirstOrDefault(row => row.Token != token, new TokenConfidenceRow(-1, 0, 0, false));
        return other.Token < 0 ? here + "."
            : best is null || best == token ? $"{here}; the next is token {other.Token} with {Numbers.Percent(other.LowShare)}."
            : $"{here}. By these structures alone token {best} would be chosen, with {Numbers.Percent(candidates[0].LowShare)}.";
    }

    private static string Two(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Whole(double value) => value.ToString("F0", CultureInfo.InvariantCulture);
}
