using System.Globalization;
using System.Text;

namespace Ism.Benchmarks.Elastic;

/// <summary>What was seen at a moment.</summary>
/// <param name="Seconds">Since the job was submitted.</param>
/// <param name="Backlog">The metric.</param>
/// <param name="Wanted">Featurizers that the rule asks for.</param>
/// <param name="There">Featurizers that are members.</param>
/// <param name="Stage">Stages under way.</param>
internal sealed record Sight(double Seconds, double Backlog, int Wanted, int There, string Stage);

/// <summary>The course of a run as a table and as a picture.</summary>
internal sealed class TimeLine
{
    private const int Width = 900;
    private const int Height = 360;
    private const int Left = 56;
    private const int Right = 52;
    private const int Top = 34;
    private const int Bottom = 40;
    private readonly List<Sight> _sights = [];

    public IReadOnlyList<Sight> Sights => _sights;

    public void Add(Sight sight) => _sights.Add(sight);

    public void WriteCsv(string path) => File.WriteAllLines(path, _sights.Select(s => string.Create(
        CultureInfo.InvariantCulture, $"{s.Seconds:F1},{s.Backlog:F0},{s.Wanted},{s.There},{s.Stage}")).Prepend("seconds,backlog,wanted,members,stages"));

    public void WriteSvg(string path, string title)
    {
        var seconds = Math.Max(1, _sights[^1].Seconds);
        var chunks = Math.Max(1, _sights.Max(s => s.Backlog));
        var nodes = Math.Max(1, _sights.Max(s => Math.Max(s.Wanted, s.There)));
        double X(double s) => Left + (s / seconds * (Width - Left - Right));
        double Y(double share) => Height - Bottom - (share * (Height - Top - Bottom));
        string Steps(Func<Sight, double> value, double top)
        {
            var line = new StringBuilder();
            double? last = null;
            foreach (var sight in _sights)
            {
                var y = Y(value(sight) / top);
                line.Append(CultureInfo.InvariantCulture, $"{X(sight.Seconds):F1},{last ?? y:F1} {X(sight.Seconds):F1},{y:F1} ");
                last = y;
            }

            return line.ToString().TrimEnd();
        }

        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12">
            <rect width="{Width}" height="{Height}" fill="#fff"/>
            <text x="{Left}" y="18" font-size="14">{title}</text>
            <path d="M{Left} {Top}V{Height - Bottom}H{Width - Right}V{Top}" fill="none" stroke="#888"/>
            <polyline points="{Steps(s => s.Backlog, chunks)}" fill="none" stroke="#1f5fa8" stroke-width="2"/>
            <polyline points="{Steps(s => s.Wanted, nodes)}" fill="none" stroke="#b3541e" stroke-width="1" stroke-dasharray="5 3"/>
            <polyline points="{Steps(s => s.There, nodes)}" fill="none" stroke="#b3541e" stroke-width="2"/>
            <text x="{Left - 6}" y="{Top + 4}" text-anchor="end" fill="#1f5fa8">{chunks:F0}</text>
            <text x="{Left - 6}" y="{Height - Bottom}" text-anchor="end" fill="#1f5fa8">0</text>
            <text x="{Width - Right + 6}" y="{Top + 4}" fill="#b3541e">{nodes}</text>
            <text x="{Width - Right + 6}" y="{Height - Bottom}" fill="#b3541e">0</text>
            <text x="{Left}" y="{Height - 10}" fill="#1f5fa8">chunks that wait or are with a featurizer</text>
            <text x="{Left + 280}" y="{Height - 10}" fill="#b3541e">featurizers: asked for (dashed), there</text>
            """);
        for (var i = 0; i <= 6; i++)
        {
            svg.AppendLine(CultureInfo.InvariantCulture,
                $"<text x=\"{X(seconds * i / 6):F0}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\" fill=\"#555\">{seconds * i / 6:F0} s</text>");
        }

        File.WriteAllText(path, svg.Append("</svg>\n").ToString());
    }
}
