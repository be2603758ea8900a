using System.Text;

namespace Ism.Evaluation.Reports;

/// <summary>The parts of a report as HTML; a part without data is an empty string.</summary>
internal static class ReportSections
{
    private const int QuarantinedShown = 300;

    /// <summary>The numbers to see first.</summary>
    public static string Headline(RunReport report)
    {
        var cards = new List<(string Value, string Name)>();
        foreach (var metric in report.Heldout.Where(metric => metric.Accuracy.Points.Count > 0))
        {
            var baseline = metric.Baseline is { } share ? $" (most frequent answer: {Numbers.Percent(share)})" : "";
            cards.Add((
                Numbers.Percent(metric.Accuracy.Points[^1].Y),
                metric.IsExplained ? $"of the variance of held-out {metric.Name}" : $"right on held-out {metric.Name}{baseline}"));
        }

        foreach (var account in report.Accounts)
        {
            cards.Add((Numbers.Count(account.Tokenised),
                $"of {Numbers.Count(account.Structures)} structures tokenised ({account.Name}), "
                + $"{Numbers.Count(account.QuarantinedCount)} quarantined"));
        }

        foreach (var stage in report.Stages.Where(stage => stage.TokensPerSecond is { Points.Count: > 0 }))
        {
            var rates = stage.TokensPerSecond!.Points.Select(point => point.Y).Order().ToArray();
            cards.Add((Numbers.Tick(Math.Round(rates[rates.Length / 2])), $"tokens/s, median ({stage.Name})"));
        }

        return cards.Count == 0 ? "" : $"""<div class="cards">{string.Concat(cards.Select(card =>
            $"""<div class="card"><b>{Chart.Escape(card.Value)}</b><span>{Chart.Escape(card.Name)}</span></div>"""))}</div>""" + "\n";
    }

    /// <summary>Accuracy on structures that were not trained on.</summary>
    public static string Heldout(RunReport report) => Section(
        "On held-out structures",
        "Solid lines should rise above the dashed line of the same colour, "
            + "which is what always giving the most frequent answer gets right.",
        Plots.Lines("Right predictions over training",
            [.. report.Heldout.Select(metric => Percent(metric.Accuracy, metric.Name))], "step",
            "right predictions (%)", fromZero: true,
            [.. report.Heldout.Select(metric => ($"most frequent answer, {metric.Name}", 100 * (metric.Baseline ?? double.NaN)))
                .Where(level => double.IsFinite(level.Item2))]),
        HtmlTable.Write(["metric", "#at first", "#at the end", "#most frequent answer"], report.Heldout
            .Where(metric => metric.Accuracy.Points.Count > 0)
            .Select(metric => (string[])[metric.Name, Numbers.Percent(metric.Accuracy.Points[0].Y),
                Numbers.Percent(metric.Accuracy.Points[^1].Y), metric.Baseline is { } share ? Numbers.Percent(share) : "–"])));

    /// <summary>Losses, learning rate and speed of each stage.</summary>
    public static string Training(RunReport report) => string.Concat(report.Stages.Select(stage => Section(
        $"Training: {stage.Name}",
        "Loss terms should fall and level off; gaps are values that were not finite.",
        string.Concat(OfLikeScale(stage.Losses).Select(losses => Plots.Lines(
            losses.Count == stage.Losses.Count ? "Loss per term" : $"Loss: {string.Join(", ", losses.Select(l => l.Name))}",
            losses, "step", "loss")))
            + Plots.Lines("Learning rate", stage.LearningRate is null ? [] : [stage.LearningRate], "step", "learning rate",
                fromZero: true)
            + Plots.Lines("Speed over all ranks", stage.TokensPerSecond is null ? [] : [stage.TokensPerSecond], "step",
                "tokens/s", fromZero: true),
        "")));

    // Terms in other units (Å² beside nats) get a plot of their own, or none of the small ones could be read.
    private static List<List<Curve>> OfLikeScale(IReadOnlyList<Curve> curves)
    {
        var groups = new List<List<Curve>>();
        foreach (var curve in curves)
        {
            var fits = groups.Find(g => Scale(g[0]) / Scale(curve) is > 0.25 and < 4);
            if (fits is null)
            {
                groups.Add([curve]);
            }
            else
            {
                fits.Add(curve);
            }
        }

        return groups;

        static double Scale(Curve curve) => curve.Points.Where(p => double.IsFinite(p.Y)).Select(p => Math.Abs(p.Y)).DefaultIfEmpty(1).Average();
    }

    /// <summary>Codebook and use of the tokens.</summary>
    public static string Tokens(RunReport report) => Section(
        "Structure tokens",
        "Every token should be used; the excluded one gathers unfolded residues and is left out of the structure loss.",
        (report.Elbow is null ? "" : Plots.Elbow("Inertia over K: past the bend more clusters gain little", report.Elbow))
            + string.Concat(report.Tokens.Select(use => Plots.TokenShares($"Use of the tokens: {use.Teacher}", use))),
        report.Tokens.Count == 0 ? "" : HtmlTable.Write(
            ["teacher", "#tokens", "#used in corpus", "#excluded", "#share of corpus", "#of it under pLDDT 50",
                "how it was chosen"],
            report.Tokens.Select(use => (string[])
            [
                use.Teacher, Numbers.Count(use.Corpus.Counts.Count), Numbers.Count(use.Corpus.Counts.Count(count => count > 0)),
                use.Excluded?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none",
                use.Excluded is { } id ? Numbers.Percent(use.Corpus.Counts[id] / Math.Max(1.0, use.Corpus.Total)) : "–",
                use.Excluded is { } low ? Numbers.Percent(use.Corpus.LowShare(low)) : "–", use.ExcludedReason,
            ])));

    /// <summary>What became of every structure.</summary>
    public static string Accounting(RunReport report)
    {
        var html = new StringBuilder();
        foreach (var account in report.Accounts)
        {
            html.Append($"<h3>{Chart.Escape(account.Name)}: {Numbers.Count(account.Tokenised)} tokenised + "
                + $"{Numbers.Count(account.QuarantinedCount)} quarantined = {Numbers.Count(account.Structures)} structures</h3>"
                + $"<p class=\"soft\">{Numbers.Count(account.Chains)} protein chains, {Numbers.Count(account.Residues)} residues.</p>\n");
            html.Append(Counted("why quarantined",
                account.Reasons)).Append(Quarantined(account)).Append(Counted("decided while reading", account.Notes));
        }

        return Section("Every structure accounted for", "", "", html.ToString());
    }

    /// <summary>The resolved job and where it ran.</summary>
    public static string Settings(RunReport report) => Section("Settings", "", "",
        (report.Environment.Count == 0 ? "" : HtmlTable.Write(["", "value"], report.Environment.Select(Row)))
        + (report.Settings.Count == 0 ? "" : "<details><summary>The resolved job</summary>"
            + HtmlTable.Write(["key", "value"], report.Settings.Select(Row)) + "</details>\n"));

    private static string Section(string title, string advice, string plots, string rest)
    {
        var grid = plots.Length == 0 ? "" : $"""<div class="plots">{plots}</div>""" + "\n";
        return plots.Length + rest.Length == 0 ? ""
            : $"<section><h2>{Chart.Escape(title)}</h2>"
                + (advice.Length == 0 ? "" : $"<p class=\"soft\">{Chart.Escape(advice)}</p>\n")
                + $"{grid}{rest}</section>\n";
    }

    private static string Counted(string title, IReadOnlyList<CountedReason> reasons) => reasons.Count == 0 ? ""
        : HtmlTable.Write([title, "#structures", "example"],
            reasons.OrderByDescending(reason => reason.Count).Select(reason => (string[])[reason.Reason,
                Numbers.Count(reason.Count), reason.Example]));

    private static string Quarantined(StructureAccount account)
    {
        if (account.Quarantined.Count == 0)
        {
            return "";
        }

        var rest = account.QuarantinedCount - Math.Min(QuarantinedShown, account.Quarantined.Count);
        return "<details><summary>The quarantined structures</summary>"
            + HtmlTable.Write(["structure", "reason", "message"],
                account.Quarantined.Take(QuarantinedShown).Select(entry => (string[])[entry.Name, entry.Reason, entry.Message]))
            + (rest > 0 ? $"<p class=\"soft\">… and {Numbers.Count(rest)} more; all are in the token files.</p>" : "")
                + "</details>\n";
    }

    private static string[] Row(ReportValue value) => [value.Name, value.Value];

    private static Curve Percent(Curve curve, string name) =>
        new(name, [.. curve.Points.Select(point => point with { Y = 100 * point.Y })]);
}
