namespace Ism.Evaluation.Reports;

/// <summary>The kinds of plots in a report.</summary>
internal static class Plots
{
    private const int MaxPoints = 300;

    /// <summary>Curves over a common axis; long ones are drawn as the means of short stretches.</summary>
    public static string Lines(string caption, IReadOnlyList<Curve> curves, string xTitle, string yTitle, bool fromZero = false,
        IReadOnlyList<(string Name, double Value)>? levels = null)
    {
        var drawn = curves.Where(curve => curve.Points.Any(point => double.IsFinite(point.Y))).ToArray();
        if (drawn.Length == 0)
        {
            return "";
        }

        var xs = drawn.SelectMany(curve => curve.Points).Select(point => point.X).ToArray();
        drawn = [.. drawn.Select(Thin)];
        var values = drawn.SelectMany(curve => curve.Points).Select(point => point.Y).Where(double.IsFinite)
            .Concat((levels ?? []).Select(level => level.Value)).ToArray();
        var (low, high) = (fromZero ? Math.Min(0, values.Min()) : values.Min(), values.Max());
        var margin = 0.06 * (high - low);
        var chart = new Chart((xs.Min(), xs.Max()), (fromZero && low == 0 ? 0 : low - margin, high + margin), xTitle, yTitle);
        for (var index = 0; index < drawn.Length; index++)
        {
            var colour = index % Chart.Colours;
            chart.Polyline($"line c{colour}", drawn[index].Points);
            if (drawn[index].Points.Count <= 12)
            {
                foreach (var point in drawn[index].Points.Where(point => double.IsFinite(point.Y)))
                {
                    chart.Dot($"dot c{colour}", point,
                        $"{drawn[index].Name}: {Numbers.Short(point.Y)} at {Numbers.Tick(point.X)}");
                }
            }

            chart.Legend($"c{colour}", drawn[index].Name);
        }

        for (var index = 0; index < (levels?.Count ?? 0); index++)
        {
            var (name, value) = levels![index];
            chart.Polyline($"level c{index % Chart.Colours}", [new CurvePoint(xs.Min(), value), new CurvePoint(xs.Max(), value)]);
            chart.Legend($"dashed c{index % Chart.Colours}", name);
        }

        return chart.Figure(caption);
    }

    /// <summary>Inertia over K, the chosen K marked.</summary>
    public static string Elbow(string caption, ElbowTable elbow)
    {
        CurvePoint[] points = [.. elbow.Points.Where(point => double.IsFinite(point.Y) && point.X > 0).OrderBy(point => point.X)];
        if (points.Length == 0)
        {
            return "";
        }

        // The K in use need not be one of those that were tried.
        var tried = points.Any(point => point.X == elbow.Chosen);
        var (low, high) = (Math.Min(points[0].X, Math.Max(1, elbow.Chosen)), Math.Max(points[^1].X, elbow.Chosen));
        var top = 1.06 * points.Max(point => point.Y);
        var chart = new Chart((low, high), (0, top), "clusters K (logarithmic)", "inertia", logarithmicX: true, xTicks: points.Select(point => point.X));
        chart.Polyline("line c0", points);
        foreach (var point in points)
        {
            chart.Dot(point.X == elbow.Chosen ? "dot marked" : "dot c0", point, $"K = {point.X}: {Numbers.Short(point.Y)}");
        }

        if (!tried && elbow.Chosen > 0)
        {
            chart.Polyline("level marked", [new CurvePoint(elbow.Chosen, 0), new CurvePoint(elbow.Chosen, top)]);
        }

        chart.Legend("c0", "inertia");
        chart.Legend(tried ? "marked" : "dashed marked", $"used: K = {elbow.Chosen}");
        if (elbow.Suggested is { } knee && knee != elbow.Chosen)
        {
            chart.Legend("", $"the curve's knee: K = {knee}");
        }

        return chart.Figure(caption);
    }

    /// <summary>Share of each token: bars for the corpus, a stepped line for the experimental structures.</summary>
    public static string TokenShares(string caption, TokenUse use)
    {
        var corpus = Shares(use.Corpus.Counts);
        var experimental = use.Experimental is null ? [] : Shares(use.Experimental.Counts);
        var high = corpus.Concat(experimental).DefaultIfEmpty(0).Max();
        if (high == 0)
        {
            return "";
        }

        var chart = new Chart((0, corpus.Length), (0, 106 * high), "structure token", "share of residues (%)");
        var gap = corpus.Length <= 128 ? 0.08 : 0;
        for (var token = 0; token < corpus.Length; token++)
        {
            var excluded = token == use.Excluded;
            chart.Bar(excluded ? "bar marked" : "bar c0", token + gap, token + 1 - gap, 100 * corpus[token],
                $"token {token}: {Numbers.Percent(corpus[token])}{(excluded ? ", left out of the structure loss" : "")}");
        }

        chart.Legend("c0", "corpus");
        if (use.Excluded is { } id && id < corpus.Length)
        {
            chart.Legend("marked", $"corpus, left out of the loss: token {id}");
        }

        if (experimental.Length > 0)
        {
            chart.Polyline("line thin c1", experimental.SelectMany((share, token) =>
                new[] { new CurvePoint(token, 100 * share), new CurvePoint(token + 1, 100 * share) }));
            chart.Legend("c1", "structures the codebook was made from");
        }

        return chart.Figure(caption);
    }

    private static double[] Shares(IReadOnlyList<long> counts)
    {
        var total = Math.Max(1, counts.Sum());
        return [.. counts.Select(count => (double)count / total)];
    }

    private static Curve Thin(Curve curve)
    {
        if (curve.Points.Count <= MaxPoints)
        {
            return curve;
        }

        var stretch = (curve.Points.Count + MaxPoints - 1) / MaxPoints;
        return curve with
        {
            Points = [.. curve.Points.Chunk(stretch).Select(part => new CurvePoint(part.Average(p => p.X),
                part.Average(p => p.Y)))],
        };
    }
}
