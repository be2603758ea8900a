using System.Globalization;

namespace Ism.Models.Codebook;

/// <summary>One row of the excluded token's report.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Residues">Residues of known pLDDT with this token.</param>
/// <param name="Low">Those of them under pLDDT 50.</param>
/// <param name="Eligible">Whether it is frequent enough to be chosen.</param>
public readonly record struct TokenConfidenceRow(int Token, long Residues, long Low, bool Eligible)
{
    /// <summary>Share of its residues under pLDDT 50; 0 without residues.</summary>
    public double LowShare => Residues == 0 ? 0 : (double)Low / Residues;
}

/// <summary>
/// The token s* whose residues are left out of the structure loss: the one that gathers unfolded, badly predicted residues.
/// </summary>
/// <param name="Token">The token, or null for none.</param>
/// <param name="Reason">Why, in one sentence for logs and report.</param>
/// <param name="Table">Every token, highest share under pLDDT 50 first.</param>
public sealed record ExcludedToken(int? Token, string Reason, IReadOnlyList<TokenConfidenceRow> Table)
{
    /// <summary>Residues below which a token's share says too little.</summary>
    public const long FewestResidues = 20;

    private const string TokenPrefix = "token ";

    /// <summary>
    /// Reads the setting: "none", a token id, or "auto": the token with the highest share of residues under pLDDT 50 among those
    /// with at least max(20, N / (4 K)) of the N residues of known pLDDT (a quarter of an average token), so that a rare token
    /// does
    /// not win by chance; ties to the lower token. None where no pLDDT is known or no residue is under 50.
    /// </summary>
    /// <exception cref="ArgumentException">The setting is none of these, or an id outside the codebook.</exception>
    public static ExcludedToken Choose(TokenConfidence counts, string setting = "auto")
    {
        var (tokens, all) = (counts.Known.Count, counts.Known.Sum());
        var fewest = Math.Max(FewestResidues, all / (4L * tokens));
        var table = Enumerable.Range(0, tokens)
            .Select(k => new TokenConfidenceRow(k, counts.Known[k], counts.Low[k], counts.Known[k] >= fewest))
            .OrderByDescending(row => row.LowShare).ThenBy(row => row.Token).ToArray();
        if (setting == "none")
        {
            return new ExcludedToken(null, "switched off by the setting 'none'", table);
        }

        if (int.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out var given))
        {
            return given < tokens
                ? new ExcludedToken(given, $"{TokenPrefix}{given} fixed by the setting", table)
                : throw new ArgumentException($"excluded token {given} is outside a codebook of {tokens}: use 0 to {tokens - 1}");
        }

        return setting == "auto"
            ? Automatic(table, all, fewest)
            : throw new ArgumentException($"excluded token '{setting}': give 'auto', 'none' or a token id");
    }

    /// <summary>The token that a <see cref="Reason"/> tells of; null where it tells why there is none. What a run has said of its choice is
    /// in its events in words alone.</summary>
    public static int? TokenOf(string reason) =>
        reason.StartsWith(TokenPrefix, StringComparison.Ordinal)
        && int.TryParse(string.Concat(reason[TokenPrefix.Length..].TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out var token)
            ? token
            : null;

    private static ExcludedToken Automatic(TokenConfidenceRow[] table, long all, long fewest)
    {
        if (all == 0)
        {
            return new ExcludedToken(null, "no residue has a pLDDT, so none can be chosen", table);
        }

        var best = table.FirstOrDefault(row => row.Eligible);
        return best.Low == 0
            ? new ExcludedToken(null, $"no token with at least {fewest} residues has one under pLDDT 50", table)
            : new ExcludedToken(
                best.Token,
                string.Create(CultureInfo.InvariantCulture,
                    $"{TokenPrefix}{best.Token}: {best.LowShare:P1} of its {best.Residues} residues are under pLDDT 50, the most of any "
                    + $"token with at least {fewest} residues"),
                table);
    }
}
