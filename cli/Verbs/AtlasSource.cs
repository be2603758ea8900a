using System.Text.RegularExpressions;
using Ism.Structures;

namespace Ism.Cli.Verbs;

/// <summary>Structures for an atlas.</summary>
/// <param name="Set">What the user calls them; null: experimental and predicted ones are told apart.</param>
/// <param name="Paths">Where they are.</param>
internal sealed partial record AtlasSource(string? Set, IReadOnlyList<string> Paths)
{
    /// <summary>Reads "PATH" and "NAME=PATH"; paths of one name are one set. What exists is a path, whatever it looks like.</summary>
    /// <exception cref="UsageException">There is nothing at a path.</exception>
    public static IReadOnlyList<AtlasSource> Parse(IEnumerable<string> given)
    {
        var sets = new List<(string? Set, List<string> Paths)>();
        foreach (var text in given)
        {
            var named = Named().Match(text) is { Success: true } match && !Path.Exists(text) ? match : null;
            var (set, path) = named is null ? (null, text) : (named.Groups["name"].Value.Trim(), named.Groups["path"].Value);
            var place = S3Address.Is(path) ? path : Inputs.Existing("--structures", path);
            var known = sets.FindIndex(s => s.Set == set);
            if (known < 0)
            {
                sets.Add((set, [place]));
            }
            else
            {
                sets[known].Paths.Add(place);
            }
        }

        return [.. sets.Select(s => new AtlasSource(s.Set, s.Paths))];
    }

    [GeneratedRegex(@"^(?<name>[A-Za-z][A-Za-z0-9 ._-]*)=(?<path>.+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
