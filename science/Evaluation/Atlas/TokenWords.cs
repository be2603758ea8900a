using Ism.Evaluation.Labels;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>A token's profile in a few words, by fixed rules, so that a table can be scanned: how buried, which secondary structure, which amino
/// acids stand out.</summary>
public static class TokenWords
{
    /// <summary>Below this mean relative exposure residues are called buried.</summary>
    public const double Buried = 0.15;

    /// <summary>From this mean relative exposure on they are called exposed.</summary>
    public const double Exposed = 0.4;

    /// <summary>A state that this share of residues has names the token.</summary>
    public const double Dominant = 0.6;

    /// <summary>How much more often than in all residues an amino acid must be to stand out.</summary>
    public const double Enriched = 1.5;

    private const double LeastShare = 0.05;
    private const int MostNamed = 3;

    private static readonly string[] States = ["helix", "strand", "coil"];

    /// <summary>Such as "buried strand: V, I"; empty for a token without residues.</summary>
    /// <param name="profile">The token's.</param>
    /// <param name="background">That of all residues.</param>
    public static string Of(TokenProfile profile, TokenProfile background)
    {
        if (profile.Residues == 0)
        {
            return "";
        }

        var exposure = double.IsNaN(profile.MeanExposure) ? ""
            : profile.MeanExposure < Buried ? "buried "
            : profile.MeanExposure >= Exposed ? "exposed " : "half-buried ";
        var shares = profile.ThreeStateShares;
        var most = Array.IndexOf(shares, shares.Max());
        var state = double.IsNaN(shares[0]) ? "residues" : shares[most] >= Dominant ? States[most] : Mixed(shares);
        var letters = Standing(profile, background).ToList();
        return exposure + state + (letters.Count == 0 ? "" : ": " + string.Join(", ", letters));
    }

    /// <summary>Share over share in all residues, by amino acid; NaN where either is unknown.</summary>
    public static double[] Enrichment(double[] shares, double[] background) =>
        [.. shares.Zip(background, (share, usual) => usual > 0 ? share / usual : double.NaN)];

    private static IEnumerable<char> Standing(TokenProfile profile, TokenProfile background)
    {
        var (shares, usual) = (profile.AminoAcidShares, background.AminoAcidShares);
        return Enumerable.Range(0, shares.Length)
            .Where(a => shares[a] >= LeastShare && shares[a] >= Enriched * usual[a])
            .OrderByDescending(a => shares[a]).ThenBy(a => a).Take(MostNamed).Select(a => AminoAcids.Letters[a]);
    }

    // The two most frequent states, e.g. "helix/coil".
    private static string Mixed(double[] shares) => string.Join(
        '/', Enumerable.Range(0, SecondaryStructure.ThreeStates.Length).OrderByDescending(s => shares[s]).ThenBy(s => s).Take(2)
            .Select(s => States[s]));
}
