namespace Ism.Evaluation.Reports;

/// <summary>A few curves as an SVG file of its own, named inside the drawing: for pages that only show pictures.</summary>
public static class LineDrawing
{
    private const double Room = 1.06;

    /// <summary>The drawing; the vertical axis begins at 0, the horizontal one is marked where the first curve has points.</summary>
    /// <param name="curves">Curves with points.</param>
    /// <param name="xTitle">Name and unit of the horizontal axis.</param>
    /// <param name="yTitle">Name and unit of the vertical axis.</param>
    /// <exception cref="ArgumentException">There is no point.</exception>
    public static string Svg(IReadOnlyList<Curve> curves, string xTitle, string yTitle)
    {
        var points = curves.SelectMany(curve => curve.Points).ToList();
        if (points.Count == 0)
        {
            throw new ArgumentException("there is no point to draw", nameof(curves));
        }

        var chart = new Chart(
            (0, points.Max(point => point.X)), (0, Room * points.Max(point => point.Y)), xTitle, yTitle, xTicks: curves[0].Points.Select(p => p.X));
        for (var index = 0; index < curves.Count; index++)
        {
            var colour = index % Chart.Colours;
            chart.Polyline($"line c{colour}", curves[index].Points);
            foreach (var point in curves[index].Points)
            {
                chart.Dot($"dot c{colour}", point, $"{curves[index].Name}: {Numbers.Short(point.Y)} at {Numbers.Tick(point.X)}");
            }

            chart.Key(index, $"line c{colour}", curves[index].Name);
        }

        return chart.Standalone(ReportStyle.Css);
    }
}
