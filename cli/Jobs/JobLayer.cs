using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ism.Cli.Jobs;

/// <summary>One layer of settings: a YAML file, a built-in variant, or an override of the command line.</summary>
public sealed class JobLayer
{
    private readonly bool _hasLines;

    private JobLayer(string source, YamlMappingNode root, bool hasLines)
    {
        Source = source;
        Root = root;
        _hasLines = hasLines;
    }

    /// <summary>File name, or the override as it was typed.</summary>
    public string Source { get; }

    /// <summary>The settings.</summary>
    public YamlMappingNode Root { get; }

    /// <summary>"file:line" of a node, or the override.</summary>
    public string PlaceOf(YamlNode node) => _hasLines ? $"{Source}:{node.Start.Line}" : Source;

    /// <summary>Reads YAML text. Empty text is an empty layer.</summary>
    /// <exception cref="JobFileException">Not YAML, or not a mapping at the top.</exception>
    public static JobLayer FromYaml(string source, string text) =>
        Parse(source, text, hasLines: true) switch
        {
            null => new JobLayer(source, [], hasLines: true),
            YamlMappingNode mapping => new JobLayer(source, mapping, hasLines: true),
            YamlScalarNode { Value: null or "" } => new JobLayer(source, [], hasLines: true),
            var other => throw new JobFileException(
                $"{source}:{other.Start.Line}: a job file holds 'key: value' lines, this one holds {(other is YamlSequenceNode ? "a list" : "a text")}"),
        };

    /// <summary>Reads a YAML file.</summary>
    /// <exception cref="JobFileException">Not there, not readable, or not a job file.</exception>
    public static JobLayer FromFile(string path)
    {
        if (Directory.Exists(path) || !File.Exists(path))
        {
            throw new JobFileException($"{path}: {(Directory.Exists(path) ? "is a folder, not a job file" : "there is no such job file")}");
        }

        try
        {
            return FromYaml(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JobFileException($"{path}: cannot be read: {e.Message}");
        }
    }

    /// <summary>An override "a.b=c"; c is YAML (a number, a text, a list like [1, 2]); nothing after the '=' is an empty value.</summary>
    /// <exception cref="JobFileException">Not of that form.</exception>
    public static JobLayer FromOverride(string text)
    {
        var source = $"--set {text}";
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var keys = equals < 1 ? [] : text[..equals].Trim().Split('.');
        if (keys.Length == 0 || keys.Any(k => k.Trim().Length == 0))
        {
            throw new JobFileException($"{source}: expected a.b=value, for example --set tuning.epochs=3");
        }

        var node = Parse(source, text[(equals + 1)..], hasLines: false) ?? new YamlScalarNode("");
        foreach (var key in keys.Reverse())
        {
            node = new YamlMappingNode(new YamlScalarNode(key.Trim()), node);
        }

        return new JobLayer(source, (YamlMappingNode)node, hasLines: false);
    }

    private static YamlNode? Parse(string source, string text, bool hasLines)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count > 1)
            {
                throw new JobFileException($"{source}: holds {stream.Documents.Count} YAML documents; a job is one");
            }

            return stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode;
        }
        catch (YamlException e)
        {
            // What ends too early is noticed on the line after the last.
            var line = Math.Min(e.Start.Line, text.TrimEnd().Count(c => c == '\n') + 1);
            throw new JobFileException($"{source}{(hasLines ? $":{line}" : "")}: not valid YAML: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
