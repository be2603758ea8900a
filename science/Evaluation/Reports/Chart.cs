using System.Globalization;
using System.Net;
using System.Text;

namespace Ism.Evaluation.Reports;

/// <summary>
/// The frame of a plot as inline SVG: caption, axes, grid and legend. Colours are classes that the page's style sheet fills in,
/// so that one drawing suits light and dark pages; the size suits a phone's width.
/// </summary>
internal sealed class Chart
{
    /// <summary>Series that have a colour of their own.</summary>
    public const int Colours = 6;

    private const double Width = 480, Height = 290, Left = 72, Right = 456, Top = 12, Bottom = 244;

    private readonly StringBuilder _svg = new();
    private readonly StringBuilder _legend = new();

    /// <summary>A frame with axes.</summary>
    /// <param name="x">Range of the horizontal axis.</param>
    /// <param name="y">Range of the vertical axis.</param>
    /// <param name="xTitle">Name and unit of the horizontal axis.</param>
    /// <param name="yTitle">Name and unit of the vertical axis.</param>
    /// <param name="logarithmicX">Powers of ten on the horizontal axis.</param>
    /// <param name="xTicks">Where to label the horizontal axis; null chooses.</param>
    public Chart((double Low, double High) x, (double Low, double High) y, string xTitle, string yTitle,
        bool logarithmicX = false,
        IEnumerable<double>? xTicks = null)
    {
        X = new AxisScale(x.Low, x.High, Left, Right, logarithmicX);
        Y = new AxisScale(y.Low, y.High, Bottom, Top);
        foreach (var tick in Y.Ticks(5))
        {
            Line("grid", Left, Y.At(tick), Right, Y.At(tick));
            Text("tick", Left - 6, Y.At(tick) + 4, "end", Numbers.Tick(tick));
        }

        foreach (var tick in xTicks ?? X.Ticks(6))
        {
            Line("axis", X.At(tick), Bottom, X.At(tick), Bottom + 4);
            Text("tick", X.At(tick), Bottom + 18, "middle", Numbers.Tick(tick));
        }

        Line("axis", Left, Bottom, Right, Bottom);
        Text("label", (Left + Right) / 2, Height - 6, "middle", xTitle);
        var middle = Number((Top + Bottom) / 2);
        _svg.Append(CultureInfo.InvariantCulture,
            $"""<text class="label" text-anchor="middle" transform="translate(14 {middle}) rotate(-90)">""")
            .Append(Escape(yTitle)).Append("</text>");
    }

    /// <summary>The horizontal axis.</summary>
    public AxisScale X { get; }

    /// <summary>The vertical axis.</summary>
    public AxisScale Y { get; }

    /// <summary>Text that is safe inside HTML and XML, attributes included: no markup, no control characters.</summary>
    public static string Escape(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var allowed = rune.Value is '\n' || !(Rune.IsControl(rune) || rune.Value is 0xFFFE or 0xFFFF);
            clean.Append(allowed ? rune : Rune.ReplacementChar);
        }

        return WebUtility.HtmlEncode(clean.ToString());
    }

    /// <summary>A polyline through points; values that are not finite break it.</summary>
    public void Polyline(string cssClass, IEnumerable<CurvePoint> points)
    {
        var path = new StringBuilder();
        var pen = 'M';
        foreach (var point in points)
        {
            if (!double.IsFinite(point.Y))
            {
                pen = 'M';
                continue;
            }

            path.Append(pen).Append(Number(X.At(point.X))).Append(' ').Append(Number(Y.At(point.Y)));
            pen = 'L';
        }

        _svg.Append($"""<path class="{cssClass}" d="{path}"/>""");
    }

    /// <summary>A dot with a text that shows when pointed at.</summary>
    public void Dot(string cssClass, CurvePoint point, string hint) => _svg.Append(
        $"""<circle class="{cssClass}" cx="{Number(X.At(point.X))}" cy="{Number(Y.At(point.Y))}" r="4">"""
        + $"<title>{Escape(hint)}</title></circle>");

    /// <summary>An upright bar from 0 to a value, between two places of the horizontal axis.</summary>
    public void Bar(string cssClass, double from, double to, double value, string hint)
    {
        var (left, right, top, bottom) = (X.At(from), X.At(to), Y.At(value), Y.At(0));
        _svg.Append($"""<rect class="{cssClass}" x="{Number(left)}" y="{Number(top)}" width="{Number(right - left)}" """)
            .Append($"""height="{Number(bottom - top)}"><title>{Escape(hint)}</title></rect>""");
    }

    /// <summary>An entry of the legend below the plot.</summary>
    public void Legend(string cssClass, string name) => _legend.Append($"""<li><i class="{cssClass}"></i>{Escape(name)}</li>""");

    /// <summary>An entry of a legend inside the plot, in its upper left corner.</summary>
    public void Key(int row, string cssClass, string name)
    {
        var y = Top + 10 + (16 * row);
        Line(cssClass, Left + 10, y, Left + 34, y);
        Text("tick", Left + 40, y + 4, "start", name);
    }

    /// <summary>The figure: its message as caption, the drawing, the legend.</summary>
    public string Figure(string caption)
    {
        var legend = _legend.Length == 0 ? "" : $"""<ul class="legend">{_legend}</ul>""";
        return $"""<figure><figcaption>{Escape(caption)}</figcaption><svg viewBox="0 0 {Width} {Height}" role="img" """
            + $"""aria-label="{Escape(caption)}">{_svg}</svg>{legend}</figure>""" + "\n";
    }

    /// <summary>The drawing alone, as a file of its own.</summary>
    /// <param name="css">Style sheet that gives the classes their colours.</param>
    public string Standalone(string css) =>
        $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{2 * Width}" height="{2 * Height}">"""
        + $"<style>{css.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)}</style>"
        + $"""<rect width="{Width}" height="{Height}" style="fill: var(--card)"/>{_svg}</svg>""" + "\n";

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private void Line(string cssClass, double x1, double y1, double x2, double y2) => _svg.Append(
        $"""<line class="{cssClass}" x1="{Number(x1)}" y1="{Number(y1)}" x2="{Number(x2)}" y2="{Number(y2)}"/>""");

    private void Text(string cssClass, double x, double y, string anchor, string text) => _svg.Append(
        $"""<text class="{cssClass}" x="{Number(x)}" y="{Number(y)}" text-anchor="{anchor}">{Escape(text)}</text>""");
}
