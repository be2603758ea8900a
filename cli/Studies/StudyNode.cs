using System.Globalization;
using Ism.Cli.Jobs;
using YamlDotNet.RepresentationModel;

namespace Ism.Cli.Studies;

/// <summary>A mapping of a study file; every key that is not asked for is a mistake, named with its place.</summary>
internal sealed class StudyNode
{
    private readonly string _source;
    private readonly string _path;
    private readonly YamlMappingNode _mapping;

    private StudyNode(string source, string path, YamlMappingNode mapping) => (_source, _path, _mapping) = (source, path, mapping);

    /// <summary>The top of a file.</summary>
    public static StudyNode Of(JobLayer layer) => new(layer.Source, "", layer.Root);

    /// <summary>Refuses keys that are not among these.</summary>
    public StudyNode Only(params string[] keys)
    {
        var problems = _mapping.Children.Keys.Select(key => (Node: key, Name: Text(key)))
            .Where(key => !keys.Contains(key.Name))
            .Select(key => $"{Place(key.Node)}: there is no '{_path}{key.Name}' in a study"
                + (NearestKey.Find(key.Name, keys) is { } near ? $"; did you mean '{near}'?" : $"; there are {string.Join(", ", keys)}"))
            .ToList();
        return problems.Count == 0 ? this : throw new JobFileException(problems);
    }

    /// <summary>A text, or what holds without one.</summary>
    public string Text(string key, string otherwise) => Find(key) is { } node ? Text(node) : otherwise;

    /// <summary>A text that must be there.</summary>
    public string Text(string key) => Find(key) is { } node ? Text(node) : throw Missing(key);

    /// <summary>A whole number from 0 on.</summary>
    public int Number(string key, int otherwise) => Find(key) is { } node
        ? int.TryParse(Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(node, "a whole number")
        : otherwise;

    /// <summary>A list of texts; one text is a list of one.</summary>
    public IReadOnlyList<string> Texts(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Select(Text)],
        var one => [Text(one)],
    };

    /// <summary>A list of whole numbers.</summary>
    public IReadOnlyList<long> Numbers(string key) => Find(key) is { } node
        ? [.. Texts(key).Select(text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong(node, "a list of whole numbers"))]
        : [];

    /// <summary>A mapping of names to numbers.</summary>
    public IReadOnlyDictionary<string, double> Values(string key) => Find(key) switch
    {
        null => new Dictionary<string, double>(),
        YamlMappingNode mapping => mapping.Children.ToDictionary(
            pair => Text(pair.Key),
            pair => double.TryParse(Text(pair.Value), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw Wrong(pair.Value, "a number")),
        var other => throw Wrong(other, "names with numbers"),
    };

    /// <summary>Settings: a mapping of keys with dots, or of sections, as overrides "a.b=c".</summary>
    public IReadOnlyList<string> Settings(string key) => Find(key) switch
    {
        null => [],
        YamlMappingNode mapping => [.. Flat(mapping, "")],
        var other => throw Wrong(other, "settings, each 'section.key: value'"),
    };

    /// <summary>A mapping; null where there is none.</summary>
    public StudyNode? Section(string key) => Find(key) switch
    {
        null => null,
        YamlMappingNode mapping => new(_source, $"{_path}{key}.", mapping),
        var other => throw Wrong(other, "a section"),
    };

    /// <summary>A list of mappings.</summary>
    public IReadOnlyList<StudyNode> Sections(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Select((item, index) => item is YamlMappingNode mapping
            ? new StudyNode(_source, $"{_path}{key}[{index}].", mapping)
            : throw Wrong(item, "a list of sections"))],
        var other => throw Wrong(other, "a list of sections"),
    };

    /// <summary>A problem with a key's value.</summary>
    public JobFileException Problem(string key, string what) => new($"{(Find(key) is { } node ? Place(node) : _source)}: {_path}{key}: {what}");

    private YamlNode? Find(string key) => _mapping.Children.FirstOrDefault(pair => Text(pair.Key) == key).Value;

    private static IEnumerable<string> Flat(YamlMappingNode mapping, string path)
    {
        foreach (var (key, value) in mapping.Children)
        {
            var name = path + Text(key);
            if (value is YamlMappingNode inner)
            {
                foreach (var setting in Flat(inner, $"{name}."))
                {
                    yield return setting;
                }
            }
            else
            {
                yield return value is YamlSequenceNode list ? $"{name}=[{string.Join(", ", list.Select(Text))}]" : $"{name}={Text(value)}";
            }
        }
    }

    private static string Text(YamlNode node) => (node as YamlScalarNode)?.Value ?? node.ToString();

    private JobFileException Missing(string key) => new($"{_source}: {_path}{key} is missing");

    private JobFileException Wrong(YamlNode node, string expected) => new($"{Place(node)}: expected {expected}, not '{Text(node)}'");

    private string Place(YamlNode node) => $"{_source}:{node.Start.Line}";
}
