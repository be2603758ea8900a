using System.Text.Json;
using System.Text.RegularExpressions;
using Ism.Tests;
using YamlDotNet.RepresentationModel;

namespace Ism.Cli.Tests.Metrics;

/// <summary>Dashboard, alert rules and scrape configuration against the real endpoint.</summary>
[Collection(nameof(ServedMetrics))]
public sealed partial class MonitoringFilesTests(ServedMetrics served)
{
    // Labels that Prometheus, the scrape configuration or a rule adds.
    private static readonly string[] Added = ["le", "instance", "job", "severity"];

    private static string Folder => Path.Combine(ReferenceData.Root, "deploy", "monitoring");

    public static TheoryData<string> Files() => [.. Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void Should_have_a_dashboard_rules_and_a_scrape_configuration() =>
        Assert.Equal(["alerts.yaml", "grafana-dashboard.json", "prometheus.yaml"], Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Files))]
    public void Should_name_only_metrics_that_the_endpoint_has(string file)
    {
        var named = Names(File.ReadAllText(Path.Combine(Folder, file))).ToList();
        Assert.Empty(named.Where(n => !served.Families.ContainsKey(MetricsText.FamilyOf(n, served.Families.ContainsKey))).Distinct());
        Assert.Equal(file != "prometheus.yaml", named.Count > 5);
    }

    [Fact]
    public void Should_select_by_labels_that_the_metrics_have()
    {
        var wrong = from expression in Expressions().Concat(Rules().Select(r => r.Expression))
                    from Match selected in Selection().Matches(expression)
                    let family = served.Families[MetricsText.FamilyOf(selected.Groups["name"].Value, served.Families.ContainsKey)]
                    from Match label in LabelName().Matches(selected.Groups["labels"].Value)
                    where !family.Labels.Contains(label.Groups[1].Value) && !Added.Contains(label.Groups[1].Value)
                    select $"{label.Value} in {expression}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Should_take_rates_of_counters_alone()
    {
        var rated = Expressions().Concat(Rules().Select(r => r.Expression))
            .SelectMany(e => Rated().Matches(e).Select(m => m.Groups[1].Value)).ToList();
        Assert.NotEmpty(rated);
        Assert.All(rated, name => Assert.Contains(
            served.Families[MetricsText.FamilyOf(name, served.Families.ContainsKey)].Type, new[] { "counter", "histogram" }));
    }

    [Fact]
    public void Should_have_alerts_that_say_what_to_do()
    {
        var rules = Rules().ToList();
        Assert.InRange(rules.Count, 6, 30);
        Assert.Equal(rules.Count, rules.Select(r => r.Name).Distinct().Count());
        Assert.All(rules, r =>
        {
            Assert.Contains(r.Severity, new[] { "warning", "critical" });
            Assert.NotEmpty(r.Summary);
            Assert.NotEmpty(r.Description);
        });
    }

    [Fact]
    public void Should_have_panels_with_titles_that_do_not_overlap()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "grafana-dashboard.json")));
        var cells = new HashSet<(int, int)>();
        foreach (var panel in json.RootElement.GetProperty("panels").EnumerateArray())
        {
            Assert.NotEmpty(panel.GetProperty("title").GetString()!);
            var place = panel.GetProperty("gridPos");
            int Of(string name) => place.GetProperty(name).GetInt32();
            Assert.InRange(Of("x") + Of("w"), 1, 24);
            Assert.All(
                from x in Enumerable.Range(Of("x"), Of("w")) from y in Enumerable.Range(Of("y"), Of("h")) select (x, y),
                cell => Assert.True(cells.Add(cell), panel.GetProperty("title").GetString()));
        }
    }

    private static IEnumerable<string> Names(string text) => Name().Matches(text).Select(m => m.Value);

    private static List<string> Expressions()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "grafana-dashboard.json")));
        return [.. from panel in json.RootElement.GetProperty("panels").EnumerateArray()
                   where panel.TryGetProperty("targets", out _)
                   from target in panel.GetProperty("targets").EnumerateArray()
                   select target.GetProperty("expr").GetString()!];
    }

    private static IEnumerable<(string Name, string Expression, string Severity, string Summary, string Description)> Rules()
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(Path.Combine(Folder, "alerts.yaml"));
        yaml.Load(reader);
        return from YamlMappingNode @group in (YamlSequenceNode)yaml.Documents[0].RootNode["groups"]
               from YamlMappingNode rule in (YamlSequenceNode)@group["rules"]
               select ($"{rule["alert"]}", $"{rule["expr"]}", $"{rule["labels"]["severity"]}", $"{rule["annotations"]["summary"]}",
                   $"{rule["annotations"]["description"]}");
    }

    [GeneratedRegex(@"\bism_[a-z0-9_]+")]
    private static partial Regex Name();

    [GeneratedRegex(@"(?<name>ism_[a-z0-9_]+)\{(?<labels>[^}]*)\}")]
    private static partial Regex Selection();

    [GeneratedRegex(@"([a-z_]+)\s*(=~|!~|!=|=)")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"(?:rate|increase)\((ism_[a-z0-9_]+)")]
    private static partial Regex Rated();
}
