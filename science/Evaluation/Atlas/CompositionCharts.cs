using System.Globalization;
using System.Text;
using Ism.Evaluation.Labels;
using Ism.Evaluation.Reports;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>Small drawings of compositions: bars of amino acids beside what is usual, and bars of shares that add up to one.</summary>
internal static class CompositionCharts
{
    // Grouped by what the side chains are like.
    private const string Order = "AVILMFWYCGPSTNQHKRDE";

    private static readonly string[] StateNames =
        ["alpha helix", "isolated bridge", "strand", "3-10 helix", "pi helix", "turn", "bend", "none"];

    // States side by side as three kinds, and the colour class of each: H G I, E B, T S -.
    private static readonly (char State, int Class)[] StateOrder =
        [('H', 0), ('G', 1), ('I', 2), ('E', 3), ('B', 4), ('T', 5), ('S', 6), ('-', 7)];

    private static readonly string[] BandNames = ["<50", "50–70", "70–90", "≥90"];

    /// <summary>A bar an amino acid, in groups of their kinds; a line across a bar is the share in all residues.</summary>
    public static string AminoAcidBars(double[] shares, double[] usual, string label)
    {
        const int Step = 15, Top = 4, Base = 62;
        if (double.IsNaN(shares[0]))
        {
            return "<p class=\"small\">none</p>";
        }

        var most = Math.Max(shares.Max(), usual.Max());
        var svg = new StringBuilder($"<svg class=\"aa\" viewBox=\"0 0 {(Step * Order.Length) + 2} 76\" role=\"img\" aria-label=\"{Chart.Escape(label)}\">");
        for (var i = 0; i < Order.Length; i++)
        {
            var a = AminoAcids.Index(Order[i]);
            var (x, y, line) = ((Step * i) + 2, Base - ((Base - Top) * shares[a] / most), Base - ((Base - Top) * usual[a] / most));
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{Kind(Order[i])}\" x=\"{x}\" y=\"{y:0.#}\" width=\"12\" height=\"{Base - y:0.#}\">")
                .Append($"<title>{Order[i]}: {Numbers.Percent(shares[a])}, in all {Numbers.Percent(usual[a])}</title></rect>")
                .Append(CultureInfo.InvariantCulture, $"<path class=\"usual\" d=\"M{x - 1} {line:0.#}h14\"/><text x=\"{x + 6}\" y=\"73\">{Order[i]}</text>");
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The eight states as one bar.</summary>
    public static string StateBar(TokenProfile profile)
    {
        var shares = profile.StateShares;
        return Stack(StateOrder.Select(s =>
        {
            var index = SecondaryStructure.EightStates.IndexOf(s.State, StringComparison.Ordinal);
            return ($"s{s.Class}", s.State.ToString(), StateNames[index], shares[index]);
        }));
    }

    /// <summary>The bands of pLDDT as one bar.</summary>
    public static string PlddtBar(TokenProfile profile)
    {
        var all = profile.PlddtCounts.Sum();
        return all == 0
            ? "<p class=\"small\">no predicted residue</p>"
            : Stack(profile.PlddtCounts.Select((count, band) => ($"p{band}", BandNames[band], "", (double)count / all)));
    }

    /// <summary>How exposed residues are: a bar a tenth.</summary>
    public static string ExposureBars(TokenProfile profile)
    {
        const int Step = 30, Height = 46;
        var most = profile.ExposureCounts.Max();
        if (most == 0)
        {
            return "<p class=\"small\">none</p>";
        }

        var (all, width) = (profile.ExposureCounts.Sum(), Step * TokenProfile.ExposureBins);
        var svg = new StringBuilder($"<svg class=\"aa\" viewBox=\"0 0 {width + 4} {Height + 14}\" role=\"img\" aria-label=\"relative exposure\">");
        for (var bin = 0; bin < TokenProfile.ExposureBins; bin++)
        {
            var height = (double)Height * profile.ExposureCounts[bin] / most;
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar c0\" x=\"{(Step * bin) + 3}\" y=\"{Height - height:0.#}\" width=\"{Step - 2}\" height=\"{height:0.#}\">")
                .Append(CultureInfo.InvariantCulture, $"<title>{bin / 10.0:0.0} to {(bin + 1) / 10.0:0.0}: {Numbers.Percent((double)profile.ExposureCounts[bin] / all)}</title></rect>");
        }

        return svg.Append(CultureInfo.InvariantCulture, $"<text x=\"8\" y=\"{Height + 11}\">0</text><text x=\"{(width / 2) + 2}\" y=\"{Height + 11}\">0.5</text>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{width - 6}\" y=\"{Height + 11}\">0.9+</text></svg>").ToString();
    }

    /// <summary>What the colours of amino acids mean.</summary>
    public static string Kinds() => "<ul class=\"legend\">" + string.Concat((((string Class, string Name)[])
        [
            ("hydrophobic", "hydrophobic"), ("special", "glycine, proline"), ("polar", "polar"), ("positive", "positive"), ("negative", "negative"),
        ]).Select(kind => $"<li><svg class=\"sw\" viewBox=\"0 0 10 10\"><rect class=\"{kind.Class}\" width=\"10\" height=\"10\" rx=\"2\"/></svg>{kind.Name}</li>")) + "</ul>";

    private static string Kind(char letter) => letter switch
    {
        'G' or 'P' => "special",
        'S' or 'T' or 'N' or 'Q' or 'H' => "polar",
        'K' or 'R' => "positive",
        'D' or 'E' => "negative",
        _ => "hydrophobic",
    };

    private static string Stack(IEnumerable<(string Class, string Name, string Meaning, double Share)> parts)
    {
        var shown = parts.Where(part => part.Share > 0).ToList();
        if (shown.Count == 0)
        {
            return "<p class=\"small\">none</p>";
        }

        var bar = string.Concat(shown.Select(part => string.Create(
            CultureInfo.InvariantCulture,
            $"<i class=\"{part.Class}\" style=\"width:{100 * part.Share:0.##}%\" title=\"{Chart.Escape(part.Name)}{(part.Meaning.Length > 0 ? $", {part.Meaning}" : "")}: {Numbers.Percent(part.Share)}\"></i>")));
        var text = string.Join(" · ", shown.Where(part => part.Share >= 0.005).Select(part => string.Create(CultureInfo.InvariantCulture, $"{Chart.Escape(part.Name)}: {100 * part.Share:F0} %")));
        return $"<div class=\"stack\">{bar}</div><p>{text}</p>";
    }
}
