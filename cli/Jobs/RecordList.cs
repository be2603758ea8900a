using YamlDotNet.RepresentationModel;

namespace Ism.Cli.Jobs;

/// <summary>Settings that are lists of records, e.g. <c>teachers</c>: each item is a section of its own, <c>- {name: a, tokens: b}</c>. An item
/// holds what it says and the record's defaults else; a later layer's list takes the place of an earlier one's.</summary>
internal static class RecordList
{
    /// <summary>Type of the records of such a list; null: the type is no list of records.</summary>
    public static Type? ItemOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            && type.GetGenericArguments()[0] is { } item && item.Namespace == typeof(Protocol.Jobs.JobOptions).Namespace
            ? item
            : null;

    /// <summary>Converts a list of sections. Null with a <paramref name="problem"/> when the node does not fit.</summary>
    public static object? Convert(YamlNode node, Type item, ref string problem)
    {
        var made = (System.Collections.IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
        var nodes = node switch
        {
            YamlScalarNode { Value: null or "" or "~" or "null" } => [],
            YamlSequenceNode sequence => sequence.Children,
            _ => (IEnumerable<YamlNode>)[node],
        };
        foreach (var one in nodes)
        {
            if (one is not YamlMappingNode mapping || One(mapping, item, ref problem) is not { } record)
            {
                problem = problem.Length > 0 ? problem : $"expected a list of sections, each with {Names(item)}";
                return null;
            }

            made.Add(record);
        }

        return made;
    }

    /// <summary>The list in flow form, every key of every item.</summary>
    public static string Write(System.Collections.IEnumerable list, Type item, Func<object, string> value) =>
        $"[{string.Join(", ", list.Cast<object>().Select(record =>
            $"{{{string.Join(", ", Setting.Of(item).Select(s => $"{s.Key}: {value(s.Get(record))}"))}}}"))}]";

    private static object? One(YamlMappingNode mapping, Type item, ref string problem)
    {
        var record = Activator.CreateInstance(item)!;
        foreach (var (keyNode, value) in mapping.Children)
        {
            var key = (keyNode as YamlScalarNode)?.Value ?? keyNode.ToString();
            var settings = Setting.Of(item);
            if (settings.FirstOrDefault(s => s.Key == key) is not { } setting)
            {
                var near = NearestKey.Find(key, settings.Select(s => s.Key));
                problem = $"unknown key '{key}'{(near is null ? "" : $"; did you mean '{near}'?")} (allowed: {Names(item)})";
                return null;
            }

            if (SettingValue.Convert(value, setting.Type, out var wrong) is not { } converted)
            {
                problem = $"{key}: {wrong}";
                return null;
            }

            setting.Set(record, converted);
        }

        return record;
    }

    private static string Names(Type item) => string.Join(", ", Setting.Of(item).Select(s => s.Key));
}
