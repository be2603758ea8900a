using Ism.Protocol.Jobs;
using YamlDotNet.RepresentationModel;

namespace Ism.Cli.Jobs;

/// <summary>Lays layers of settings over the records' own defaults, collecting every problem and where each value came from.</summary>
internal sealed class JobBinder
{
    /// <summary>Names a set of settings below the user's own; read by <see cref="JobFile"/>, not a property of a record.</summary>
    public const string VariantKey = "variant";

    private readonly JobOptions _job = new();
    private readonly List<string> _problems = [];
    private readonly Dictionary<string, string> _origins = [];

    /// <summary>Where each value that a layer set came from ("file:line" or the override), by path.</summary>
    public IReadOnlyDictionary<string, string> Origins => _origins;

    /// <summary>Sets every value that the layer holds; later layers win.</summary>
    public void Apply(JobLayer layer) => Apply(layer, layer.Root, _job, Setting.Top, "");

    /// <summary>The job as laid so far.</summary>
    /// <exception cref="JobFileException">A layer held an unknown key or a value of the wrong type.</exception>
    public JobOptions Result() => _problems.Count == 0 ? _job : throw new JobFileException(_problems);

    private void Apply(JobLayer layer, YamlMappingNode node, object owner, IReadOnlyList<Setting> allowed, string prefix)
    {
        foreach (var (keyNode, value) in node.Children)
        {
            var key = (keyNode as YamlScalarNode)?.Value ?? keyNode.ToString();
            if (prefix.Length == 0 && key == VariantKey)
            {
                continue;
            }

            var setting = allowed.FirstOrDefault(s => s.Key == key);
            var place = layer.PlaceOf(keyNode);
            if (setting is null)
            {
                _problems.Add($"{place}: {Unknown(key, prefix, allowed)}");
            }
            else if (setting.IsSection)
            {
                ApplySection(layer, value, owner, setting, place);
            }
            else if (SettingValue.Convert(value, setting.Type, out var problem) is { } converted)
            {
                setting.Set(owner, converted);
                _origins[setting.Path] = place;
            }
            else
            {
                _problems.Add($"{place}: {setting.Path}: {problem}");
            }
        }
    }

    private void ApplySection(JobLayer layer, YamlNode value, object owner, Setting setting, string place)
    {
        if (value is YamlMappingNode mapping)
        {
            Apply(layer, mapping, setting.Get(owner), setting.Children, setting.Path);
        }
        else if (value is not YamlScalarNode { Value: null or "" })
        {
            _problems.Add($"{place}: {setting.Path} is a section, not a value; it holds {Names(setting.Children)}");
        }
    }

    private static string Unknown(string key, string prefix, IReadOnlyList<Setting> allowed)
    {
        var path = prefix.Length == 0 ? key : $"{prefix}.{key}";
        var near = NearestKey.Find(key, allowed.Select(s => s.Key));
        // The right key in the wrong section.
        near ??= Setting.Leaves.FirstOrDefault(s => string.Equals(s.Key, key, StringComparison.OrdinalIgnoreCase))?.Path;
        var hint = near is null ? "" : $"; did you mean '{near}'?";
        var top = prefix.Length == 0 ? $"{VariantKey}, " : "";
        return $"unknown key '{path}'{hint} (allowed {(prefix.Length == 0 ? "at the top" : $"in {prefix}")}: {top}{Names(allowed)})";
    }

    private static string Names(IEnumerable<Setting> settings) => string.Join(", ", settings.Select(s => s.Key));
}
