using Ism.Evaluation.Reports;

namespace Ism.Evaluation.Atlas;

/// <summary>The plots at the head of the atlas's page.</summary>
internal static class AtlasPlots
{
    /// <summary>Share of each token in each set: the first set as bars, the others as stepped lines.</summary>
    public static string Shares(TokenAtlas atlas, int? excluded)
    {
        var sets = atlas.Sets.Where(set => set.Residues > 0).ToList();
        var most = sets.SelectMany(set => Enumerable.Range(0, atlas.Tokens).Select(set.ShareOf)).DefaultIfEmpty(0).Max();
        if (most == 0)
        {
            return "";
        }

        var chart = new Chart((0, atlas.Tokens), (0, 106 * most), "structure token", "share of residues (%)");
        var gap = atlas.Tokens <= 128 ? 0.08 : 0;
        foreach (var (place, set) in sets.Index())
        {
            var colour = $"c{place % Chart.Colours}";
            for (var token = 0; place == 0 && token < atlas.Tokens; token++)
            {
                chart.Bar($"bar {(token == excluded ? "marked" : colour)}", token + gap, token + 1 - gap, 100 * set.ShareOf(token),
                    $"token {token}: {Numbers.Percent(set.ShareOf(token))} of {set.Name}");
            }

            if (place > 0)
            {
                chart.Polyline($"line {colour}", Enumerable.Range(0, atlas.Tokens).SelectMany(token => new[]
                {
                    new CurvePoint(token, 100 * set.ShareOf(token)), new CurvePoint(token + 1, 100 * set.ShareOf(token)),
                }));
            }

            chart.Legend(colour, set.Name);
        }

        if (excluded is { } left)
        {
            chart.Legend("marked", $"token {left}, left out of the loss");
        }

        return chart.Figure("How often each token is, by set");
    }

    /// <summary>Badly predicted residues over exposure, a dot a token.</summary>
    public static string LowOverExposure(TokenProfile[] profiles, int? excluded)
    {
        var dots = profiles.Index().Where(p => double.IsFinite(p.Item.LowPlddtShare) && double.IsFinite(p.Item.MeanExposure)).ToList();
        if (dots.Count == 0)
        {
            return "";
        }

        var chart = new Chart(
            (0, Math.Max(0.1, 1.06 * dots.Max(d => d.Item.MeanExposure))), (0, Math.Max(1, 106 * dots.Max(d => d.Item.LowPlddtShare))),
            "mean relative exposure", "residues under pLDDT 50 (%)");
        foreach (var (token, profile) in dots)
        {
            chart.Dot(token == excluded ? "dot marked" : "dot c0", new CurvePoint(profile.MeanExposure, 100 * profile.LowPlddtShare),
                FormattableString.Invariant($"token {token}: exposure {profile.MeanExposure:F2}, {Numbers.Percent(profile.LowPlddtShare)} under 50"));
        }

        chart.Legend("c0", "a token");
        if (excluded is { } left)
        {
            chart.Legend("marked", $"token {left}, left out of the loss");
        }

        return chart.Figure("Exposed tokens and badly predicted ones");
    }
}
