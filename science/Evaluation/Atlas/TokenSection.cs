using System.Globalization;
using System.Text;
using Ism.Evaluation.Reports;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>What the page tells of one token.</summary>
internal static class TokenSection
{
    /// <summary>Its section.</summary>
    public static string Html(TokenAtlas atlas, AtlasFacts facts, int token, TokenProfile profile, TokenProfile background)
    {
        var excluded = token == facts.Excluded;
        var html = new StringBuilder($"<section class=\"token{(excluded ? " excluded" : "")}\" id=\"token-{token}\"><h3><span class=\"sw\" ")
            .Append($"style=\"background:{TokenPalette.Hex(token)}\"></span>Token {token}")
            .Append(profile.Residues > 0 ? $" <span class=\"soft\">{Chart.Escape(TokenWords.Of(profile, background))}</span>" : "")
            .Append(excluded ? "<span class=\"badge\">left out of the loss</span>" : "").Append("</h3>");
        if (profile.Residues == 0)
        {
            return html.Append("<p class=\"soft\">None of the residues looked at has it.</p></section>\n").ToString();
        }

        html.Append("<div class=\"parts\"><div>").Append(Sets(atlas, token))
            .Append("<h4>Secondary structure</h4>").Append(CompositionCharts.StateBar(profile))
            .Append("<h4>pLDDT of predicted residues</h4>").Append(CompositionCharts.PlddtBar(profile))
            .Append("</div><div><h4>The residue itself, hidden from the encoder</h4>")
            .Append(CompositionCharts.AminoAcidBars(profile.AminoAcidShares, background.AminoAcidShares, "amino acids with this token"))
            .Append("<h4>Residues around it</h4>")
            .Append(CompositionCharts.AminoAcidBars(profile.NeighbourShares, background.NeighbourShares, "amino acids in the microenvironments"))
            .Append("</div><div><h4>Relative exposure, ").Append(string.Create(CultureInfo.InvariantCulture, $"mean {profile.MeanExposure:F2}"))
            .Append($", buried {Numbers.Percent(profile.BuriedShare)}</h4>").Append(CompositionCharts.ExposureBars(profile))
            .Append("<h4>Atoms around it</h4>").Append(Elements(profile, background)).Append("</div></div><div class=\"drawn\">");
        foreach (var (place, typical) in atlas.Typical[token].Index())
        {
            html.Append(Drawing(token, place, typical));
        }

        return html.Append("</div></section>\n").ToString();
    }

    private static string Sets(TokenAtlas atlas, int token) => HtmlTable.Write(
        ["residues of", "#number", "#share", "#exposure", "#pLDDT"],
        atlas.Sets.Select(set =>
        {
            var profile = set.Profiles[token];
            return (string[])
            [
                set.Name, Numbers.Count(profile.Residues), Percent(set.ShareOf(token)), Number(profile.MeanExposure, "F2"),
                Number(profile.MeanPlddt, "F0"),
            ];
        }));

    private static string Elements(TokenProfile profile, TokenProfile background) => HtmlTable.Write(
        ["", "#atoms", .. Present(background).Select(e => $"#{e}")],
        [
            ["this token", Number(profile.MeanAtoms, "F0"), .. Present(background).Select(e => Percent(profile.ElementShares[(int)e]))],
            ["all tokens", Number(background.MeanAtoms, "F0"), .. Present(background).Select(e => Percent(background.ElementShares[(int)e]))],
        ]);

    private static IEnumerable<ElementType> Present(TokenProfile background) =>
        Enum.GetValues<ElementType>().Where(e => background.ElementCounts[(int)e] > 0);

    private static string Drawing(int token, int place, TypicalResidue typical)
    {
        var file = $"{EnvironmentFiles.Folder}/{EnvironmentFiles.Name(token, place)}";
        var about = string.Create(
            CultureInfo.InvariantCulture,
            $"{typical.Label}, {typical.Neighbours.Length} atoms around it, secondary structure {typical.Seen.State}, exposure {typical.Seen.Exposure:F2}");
        return $"<figure>{EnvironmentDrawing.Svg(EnvironmentView.Of(typical), about)}<figcaption><a href=\"{file}\">{Chart.Escape(typical.Label)}</a></figcaption></figure>";
    }

    private static string Percent(double share) => double.IsNaN(share) ? "–" : Numbers.Percent(share);

    private static string Number(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
