using System.Reflection;
using System.Text.RegularExpressions;

namespace Ism.Cli.Slurm;

/// <summary>
/// A shell script with gaps: <c>{{key}}</c> is filled in; a line whose key has no value is left out, one whose key has several is
/// repeated. What stands between <c>{{?key}}</c> and <c>{{/}}</c>, on one line or as lines, stands there only when the key has a value.
/// </summary>
/// <param name="text">The script.</param>
internal sealed partial class ScriptTemplate(string text)
{
    private const string Folder = "slurm/";

    /// <summary>One of the scripts in cli/Slurm/Templates.</summary>
    public static ScriptTemplate Named(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + name)
            ?? throw new InvalidOperationException($"the template {name} is missing from the assembly");
        using var reader = new StreamReader(stream);
        return new ScriptTemplate(reader.ReadToEnd());
    }

    /// <summary>The script with all gaps filled.</summary>
    /// <exception cref="KeyNotFoundException">A key of the script is unknown.</exception>
    public string Fill(IReadOnlyDictionary<string, IReadOnlyList<string>> values)
    {
        var kept = Block().Replace(text, match => values[match.Groups[1].Value].Count > 0 ? match.Groups[2].Value : "");
        kept = Inline().Replace(kept, match => values[match.Groups[1].Value].Count > 0 ? match.Groups[2].Value : "");
        return string.Join('\n', kept.Split('\n').SelectMany(line => Lines(line, values)));
    }

    private static IEnumerable<string> Lines(string line, IReadOnlyDictionary<string, IReadOnlyList<string>> values)
    {
        IEnumerable<string> lines = [line];
        foreach (var key in Key().Matches(line).Select(m => m.Groups[1].Value).Distinct())
        {
            lines = lines.SelectMany(l => values[key].Select(v => l.Replace($"{{{{{key}}}}}", v, StringComparison.Ordinal)));
        }

        return lines;
    }

    [GeneratedRegex(@"^\{\{\?([a-z-]+)\}\}\n(.*?)^\{\{/\}\}\n", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\{\{\?([a-z-]+)\}\}(.*?)\{\{/\}\}")]
    private static partial Regex Inline();

    [GeneratedRegex(@"\{\{([a-z-]+)\}\}")]
    private static partial Regex Key();
}
