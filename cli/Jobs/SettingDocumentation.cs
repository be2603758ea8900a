using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs;

/// <summary>What the records say about their settings, from the XML documentation file beside the assembly. Where the file is absent
/// nothing is said.</summary>
internal static partial class SettingDocumentation
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> Summaries = new(Read);

    /// <summary>One line on the setting, or empty.</summary>
    public static string Of(Setting setting) => Summaries.Value.GetValueOrDefault(setting.DocumentationId, "");

    private static Dictionary<string, string> Read()
    {
        var file = Path.Combine(AppContext.BaseDirectory, $"{typeof(JobOptions).Assembly.GetName().Name}.xml");
        if (!File.Exists(file))
        {
            return [];
        }

        return XDocument.Load(file).Descendants("member")
            .Where(m => m.Element("summary") is not null)
            .ToDictionary(m => (string)m.Attribute("name")!, m => OneLine(m.Element("summary")!));
    }

    private static string OneLine(XElement summary)
    {
        foreach (var reference in summary.Descendants("see").ToList())
        {
            var name = ((string?)reference.Attribute("cref") ?? "").Split('.')[^1];
            reference.ReplaceWith(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name));
        }

        return Space().Replace(summary.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
