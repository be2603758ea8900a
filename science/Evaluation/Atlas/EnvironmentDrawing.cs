using System.Globalization;
using System.Numerics;
using System.Text;
using Ism.Evaluation.Reports;

namespace Ism.Evaluation.Atlas;

/// <summary>
/// A microenvironment as inline SVG, seen along the masked residue's z axis: balls and sticks in slices from the farthest to the nearest, far
/// ones smaller and fainter. A slice's balls of one element are one path of dots (lines without length and with round ends), which
/// keeps a page with hundreds of drawings small. Colours are classes that the page's style sheet fills in.
/// </summary>
public static class EnvironmentDrawing
{
    private const int Slices = 10;

    // A tenth of an Å is one unit. The eye is this far from the C-alpha, Å.
    private const double Unit = 10, Eye = 45;

    // Å around the outermost atom, and the least that is drawn.
    private const float Margin = 1.2f, Least = 3;

    /// <summary>The rules that the drawings need.</summary>
    public static string Css()
    {
        var css = new StringBuilder("""
            .env path { fill: none; stroke-linecap: round; stroke-linejoin: round; }
            .env .reach { fill: none; stroke: var(--rule); stroke-width: 1.2; stroke-dasharray: 3 4; }
            .env .rim { stroke: var(--rim); } .env .b { stroke: var(--bond); } .env .shine { stroke: #fff; opacity: .45; }
            .env .mb { stroke: var(--mark); opacity: .8; } .env .m { stroke: var(--mark); opacity: .85; }
            .env .ca { fill: none; stroke: var(--mark); stroke-width: 2.4; }
            .eC { stroke: var(--eC); --c: var(--eC); } .eN { stroke: var(--eN); --c: var(--eN); }
            .eO { stroke: var(--eO); --c: var(--eO); } .eS { stroke: var(--eS); --c: var(--eS); }
            .eP { stroke: var(--eP); --c: var(--eP); } .eX { stroke: var(--eX); --c: var(--eX); }
            .eH { stroke: var(--eH); --c: var(--eH); } .eM { --c: var(--mark); }

            """);
        for (var slice = 0; slice < Slices; slice++)
        {
            var near = (double)slice / (Slices - 1);
            var ball = 8.2 + (5.6 * near);
            css.Append(CultureInfo.InvariantCulture, $".z{slice} {{ opacity: {0.2 + (0.8 * Math.Pow(near, 0.85)):0.##}; }} ")
                .Append(CultureInfo.InvariantCulture, $".z{slice} .rim {{ stroke-width: {ball + 2:0.#}; }} .z{slice} .a {{ stroke-width: {ball:0.#}; }} ")
                .Append(CultureInfo.InvariantCulture, $".z{slice} .shine {{ stroke-width: {ball * 0.3:0.#}; }} ")
                .Append(CultureInfo.InvariantCulture, $".z{slice} .b, .z{slice} .mb {{ stroke-width: {2 + (2.4 * near):0.#}; }}\n");
        }

        return css.ToString();
    }

    /// <summary>The drawing.</summary>
    /// <param name="view">What is drawn.</param>
    /// <param name="title">Read aloud, and shown when pointed at.</param>
    public static string Svg(EnvironmentView view, string title)
    {
        var reach = Math.Max(Least, view.Atoms.Where(atom => !atom.Masked).Select(atom => atom.At.Length()).DefaultIfEmpty(0).Max());
        var half = (int)(Unit * (Margin + Math.Max(reach, view.Atoms.Max(atom => atom.At.Length()))));
        var svg = new StringBuilder($"<svg class=\"env\" viewBox=\"{-half} {-half} {2 * half} {2 * half}\" role=\"img\"><title>{Chart.Escape(title)}</title>")
            .Append(CultureInfo.InvariantCulture, $"<circle class=\"reach\" r=\"{(int)(reach * Unit)}\"/>");
        var slices = Enumerable.Range(0, view.Atoms.Count).ToLookup(i => SliceOf(view.Atoms[i].At.Z, reach));
        var bonds = view.Bonds.ToLookup(b => SliceOf((view.Atoms[b.First].At.Z + view.Atoms[b.Second].At.Z) / 2, reach));
        for (var slice = 0; slice < Slices; slice++)
        {
            if (!slices.Contains(slice) && !bonds.Contains(slice))
            {
                continue;
            }

            svg.Append(CultureInfo.InvariantCulture, $"<g class=\"z{slice}\">");
            Sticks(svg, "b", view, bonds[slice].Where(b => !view.Atoms[b.First].Masked || !view.Atoms[b.Second].Masked));
            Sticks(svg, "mb", view, bonds[slice].Where(b => view.Atoms[b.First].Masked && view.Atoms[b.Second].Masked));
            Balls(svg, [.. slices[slice].Select(i => view.Atoms[i])]);
            svg.Append("</g>");
        }

        return svg.Append("<circle class=\"ca\" r=\"10\"/></svg>").ToString();
    }

    /// <summary>What the colours mean, for a page with such drawings.</summary>
    public static string Legend() => "<ul class=\"legend atoms\">" + string.Concat(
        (((string Class, string Name)[])
        [
            ("eC", "carbon"), ("eN", "nitrogen"), ("eO", "oxygen"), ("eS", "sulphur"), ("eP", "phosphorus"), ("eX", "other element"),
            ("eM", "the masked residue, which the encoder does not see; the ring is its C-alpha"),
        ]).Select(entry => $"<li><i class=\"{entry.Class}\"></i>{entry.Name}</li>")) + "</ul>";

    private static void Sticks(StringBuilder svg, string cssClass, EnvironmentView view, IEnumerable<(int First, int Second)> bonds)
    {
        var path = new StringBuilder();
        foreach (var (first, second) in bonds)
        {
            path.Append('M').Append(Place(view.Atoms[first].At)).Append('L').Append(Place(view.Atoms[second].At));
        }

        Path(svg, cssClass, path);
    }

    private static void Balls(StringBuilder svg, ViewedAtom[] atoms)
    {
        Path(svg, "m a", Dots(atoms.Where(atom => atom.Masked)));
        var seen = atoms.Where(atom => !atom.Masked).ToArray();
        Path(svg, "rim", Dots(seen));
        foreach (var element in seen.GroupBy(atom => atom.Element).OrderBy(group => group.Key))
        {
            Path(svg, $"a e{element.Key}", Dots(element));
        }

        Path(svg, "shine", Dots(seen, -1.8f, 1.8f));
    }

    private static StringBuilder Dots(IEnumerable<ViewedAtom> atoms, float right = 0, float up = 0)
    {
        var path = new StringBuilder();
        foreach (var atom in atoms)
        {
            path.Append('M').Append(Place(atom.At, right, up)).Append("h0");
        }

        return path;
    }

    private static void Path(StringBuilder svg, string cssClass, StringBuilder path)
    {
        if (path.Length > 0)
        {
            svg.Append($"<path class=\"{cssClass}\" d=\"").Append(path).Append("\"/>");
        }
    }

    private static int SliceOf(float z, float reach) => Math.Clamp((int)((z + reach) / (2 * reach) * Slices), 0, Slices - 1);

    private static string Place(Vector3 at, float right = 0, float up = 0)
    {
        var scale = Unit * Eye / (Eye - at.Z);
        return string.Create(CultureInfo.InvariantCulture, $"{(scale * at.X) + right:0} {-(scale * at.Y) - up:0}");
    }
}
