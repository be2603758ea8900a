using System.Globalization;
using System.Text;
using Ism.Evaluation.Reports;

namespace Ism.Evaluation.Atlas;

/// <summary>The token atlas as one HTML page that fetches nothing: an overview, the token left out, a table, a section for each token.</summary>
public static class AtlasPage
{
    private const int Candidates = 5;

    /// <summary>The page.</summary>
    public static string Html(TokenAtlas atlas, AtlasFacts facts)
    {
        var profiles = atlas.Profiles();
        var background = TokenAtlas.Background(profiles);
        var title = $"Structure tokens of {facts.Job}";
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
            .Append($"<title>{Chart.Escape(title)}</title>\n<style>\n{ReportStyle.Css}\n{AtlasStyle.Css}</style></head>\n<body>\n<main>")
            .Append($"<h1>{Chart.Escape(title)}</h1>\n").Append(Introduction(atlas)).Append(Cards(atlas, facts))
            .Append("<div class=\"plots\">").Append(AtlasPlots.Shares(atlas, facts.Excluded)).Append(AtlasPlots.LowOverExposure(profiles, facts.Excluded))
            .Append(facts.Elbow is { } elbow ? Plots.Elbow("Elbow: inertia over the number of tokens K", elbow) : "").Append("</div>\n")
            .Append(LeftOut(atlas, facts))
            .Append("<h2>All tokens</h2><p class=\"soft\">Press a title to sort.</p>").Append(TokenTable.Html(atlas, facts, profiles, background))
            .Append("<h2>One by one</h2>").Append(HowToRead());
        foreach (var (token, profile) in profiles.Index().OrderByDescending(row => row.Item.Residues).ThenBy(row => row.Index))
        {
            page.Append(TokenSection.Html(atlas, facts, token, profile, background));
        }

        return page.Append(Files()).Append($"</main><script>\n{AtlasStyle.Script}\n</script></body></html>\n").ToString();
    }

    private static string Introduction(TokenAtlas atlas) =>
        "<p>What the microenvironments that share a structure token have in common. "
        + string.Join(", ", atlas.Sets.Select(set => string.Create(
            CultureInfo.InvariantCulture, $"{Chart.Escape(set.Name)}: {set.Structures:N0} structures with {set.Residues:N0} residues"))) + "."
        + (atlas.Refused > 0 ? string.Create(CultureInfo.InvariantCulture, $" {atlas.Refused:N0} structures could not be used.") : "") + "</p>\n";

    private static string Cards(TokenAtlas atlas, AtlasFacts facts)
    {
        var cards = new StringBuilder("<div class=\"cards\">");
        Card(atlas.Tokens.ToString(CultureInfo.InvariantCulture), "tokens K");
        Card(Numbers.Count(atlas.Sets.Sum(set => (long)set.Structures)), "structures");
        Card(Numbers.Count(atlas.Sets.Sum(set => set.Residues)), "residues");
        Card(facts.Excluded is { } token ? $"<a href=\"#token-{token}\">{token}</a>" : "none", "left out of the loss");
        return cards.Append("</div>\n").ToString();

        void Card(string value, string name) => cards.Append($"<div class=\"card\"><b>{value}</b><span>{name}</span></div>");
    }

    private static string LeftOut(TokenAtlas atlas, AtlasFacts facts)
    {
        var reasons = ExcludedTokenCase.Of(atlas, facts);
        var profiles = atlas.Profiles();
        return "<h2>The token left out of the structure loss</h2>"
            + string.Concat(reasons.Sentences.Select(sentence => $"<p>{Chart.Escape(sentence)}</p>"))
            + HtmlTable.Write(
                ["#token", "#predicted residues", "#under pLDDT 50", "#mean exposure", "#atoms around"],
                reasons.Candidates.Take(Candidates).Where(row => row.Residues > 0).Select(row => (string[])
                [
                    row.Token.ToString(CultureInfo.InvariantCulture), Numbers.Count(row.Residues), Numbers.Percent(row.LowShare),
                    profiles[row.Token].MeanExposure.ToString("F2", CultureInfo.InvariantCulture),
                    profiles[row.Token].MeanAtoms.ToString("F0", CultureInfo.InvariantCulture),
                ]));
    }

    private static string HowToRead() =>
        "<p class=\"soft\">Bars are the token's residues; the line across a bar is the share in all residues. Pictures are the microenvironments nearest "
        + "to the token's centroid, of different structures, as the encoder gets them: what is near is larger and clearer, the dashed "
        + "circle is as far as the farthest atom. All are turned alike: the masked residue's C-alpha in the middle, its side chain upwards, the chain from left to right.</p>"
        + EnvironmentDrawing.Legend() + CompositionCharts.Kinds();

    private static string Files() =>
        $"<h2>Files</h2><p>Beside this page: <code>atlas.json</code>, all numbers; <code>{PymolScripts.Environments}</code> and "
        + $"<code>{PymolScripts.Structures}</code> for PyMOL; <code>{MolstarStory.File}</code> for Mol*, a snapshot a token; "
        + $"<code>{EnvironmentFiles.Folder}/</code>, the microenvironments as PDB files; <code>{TokenStructureFiles.Folder}/</code>, whole structures as "
        + "mmCIF with tokens as B-factors.</p>";
}
