using System.Text.RegularExpressions;

namespace Ism.Cli.Tests.Metrics;

/// <summary>A metric as an endpoint shows it.</summary>
internal sealed record Family(string Name, string Type = "", string Help = "")
{
    /// <summary>Labels of its samples.</summary>
    public SortedSet<string> Labels { get; } = new(StringComparer.Ordinal);
}

/// <summary>Reads Prometheus's text format.</summary>
internal static partial class MetricsText
{
    private static readonly string[] OfHistograms = ["_bucket", "_sum", "_count"];

    public static Dictionary<string, Family> Parse(string text)
    {
        var families = new Dictionary<string, Family>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', 4);
            switch (words)
            {
                case ["#", "HELP", var name, var said]:
                    families[name] = (families.GetValueOrDefault(name) ?? new Family(name)) with { Help = said.Trim() };
                    break;
                case ["#", "TYPE", var name, var type]:
                    families[name] = (families.GetValueOrDefault(name) ?? new Family(name)) with { Type = type.Trim() };
                    break;
                case ["#", ..]:
                    break;
                default:
                    var sample = Sample().Match(line);
                    Assert.True(sample.Success, line);
                    var family = families[FamilyOf(sample.Groups["name"].Value, families.ContainsKey)];
                    family.Labels.UnionWith(Label().Matches(sample.Groups["labels"].Value).Select(m => m.Groups[1].Value));
                    break;
            }
        }

        return families;
    }

    /// <summary>The metric that a name in a query or a sample belongs to: a histogram's samples have endings.</summary>
    public static string FamilyOf(string name, Func<string, bool> isKnown) => isKnown(name) ? name
        : OfHistograms.Where(end => name.EndsWith(end, StringComparison.Ordinal)).Select(end => name[..^end.Length]).FirstOrDefault(isKnown) ?? name;

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>\S+)( \d+)?\s*$")]
    private static partial Regex Sample();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*",?""")]
    private static partial Regex Label();
}
