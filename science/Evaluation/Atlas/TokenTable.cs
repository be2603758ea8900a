using System.Globalization;
using System.Text;
using Ism.Evaluation.Reports;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>All tokens in one table that can be sorted by any column; each leads to its section.</summary>
internal static class TokenTable
{
    private const int Commonest = 3;

    /// <summary>The table, the most frequent tokens first.</summary>
    public static string Html(TokenAtlas atlas, AtlasFacts facts, TokenProfile[] profiles, TokenProfile background)
    {
        List<(string Title, string Hint, Func<int, TokenProfile, (string Text, double Value)> Cell)> columns =
        [
            .. atlas.Sets.Select(set => (set.Name, $"share of the residues of {set.Name}", (Func<int, TokenProfile, (string, double)>)((token, _) => Share(set.ShareOf(token))))),
            ("helix", "share of residues in helices (H, G, I)", (_, p) => Share(p.ThreeStateShares[0])),
            ("strand", "share in strands (E, B)", (_, p) => Share(p.ThreeStateShares[1])),
            ("coil", "share in neither", (_, p) => Share(p.ThreeStateShares[2])),
            ("exposure", "mean relative solvent exposure", (_, p) => Number(p.MeanExposure, "F2")),
            ("buried", "share of residues less than a quarter exposed", (_, p) => Share(p.BuriedShare)),
            ("atoms", "mean number of atoms in the microenvironment", (_, p) => Number(p.MeanAtoms, "F0")),
            ("pLDDT", "mean pLDDT of predicted residues", (_, p) => Number(p.MeanPlddt, "F0")),
            ("&lt;50", "share of predicted residues under pLDDT 50", (_, p) => Share(p.LowPlddtShare)),
        ];
        var html = new StringBuilder("<div class=\"scroll\"><table class=\"sortable\"><thead><tr>")
            .Append("<th class=\"n\"><button>token</button></th><th><button>in words</button></th>");
        foreach (var (title, hint, _) in columns)
        {
            html.Append($"<th class=\"n\"><button title=\"{Chart.Escape(hint)}\">{(title == "&lt;50" ? title : Chart.Escape(title))}</button></th>");
        }

        html.Append("<th><button title=\"its most frequent amino acids\">amino acids</button></th></tr></thead><tbody>");
        foreach (var (token, profile) in profiles.Index().OrderByDescending(row => row.Item.Residues).ThenBy(row => row.Index))
        {
            html.Append(token == facts.Excluded ? "<tr class=\"excluded\">" : "<tr>")
                .Append(CultureInfo.InvariantCulture, $"<td class=\"n\" data-v=\"{token}\"><a href=\"#token-{token}\"><span class=\"sw\" ")
                .Append(CultureInfo.InvariantCulture, $"style=\"background:{TokenPalette.Hex(token)}\"></span>{token}</a></td>")
                .Append($"<td>{Chart.Escape(TokenWords.Of(profile, background))}</td>");
            foreach (var (_, _, cell) in columns)
            {
                var (text, value) = cell(token, profile);
                html.Append(CultureInfo.InvariantCulture, $"<td class=\"n\" data-v=\"{(double.IsNaN(value) ? "" : value.ToString("G6", CultureInfo.InvariantCulture))}\">{text}</td>");
            }

            html.Append($"<td>{AminoAcidText(profile)}</td></tr>");
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }

    private static string AminoAcidText(TokenProfile profile) => profile.Residues == 0 ? "" : string.Join(", ", profile.AminoAcidShares.Index()
        .Where(a => a.Item > 0).OrderByDescending(a => a.Item).ThenBy(a => a.Index).Take(Commonest)
        .Select(a => string.Create(CultureInfo.InvariantCulture, $"{AminoAcids.Letters[a.Index]} {100 * a.Item:F0} %")));

    private static (string, double) Share(double share) => (double.IsNaN(share) ? "–" : Numbers.Percent(share), share);

    private static (string, double) Number(double value, string format) =>
        (double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture), value);
}
