using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ism.Cli.Jobs;

/// <summary>Turns a YAML node into the value of a setting.</summary>
internal static class SettingValue
{
    /// <summary>Converts. Null with a <paramref name="problem"/> ("expected …, got …") when the node does not fit. A single value where
    /// a list is expected becomes a list of one.</summary>
    public static object? Convert(YamlNode node, Type type, out string problem)
    {
        problem = "";
        if (type == typeof(IReadOnlyList<string>))
        {
            return List<string>(node, type, ref problem);
        }

        if (type == typeof(IReadOnlyList<int>))
        {
            return List<int>(node, type, ref problem);
        }

        if (RecordList.ItemOf(type) is { } item)
        {
            return RecordList.Convert(node, item, ref problem);
        }

        var value = node is YamlScalarNode scalar ? Scalar(scalar, type) : null;
        problem = value is null ? $"expected {Describe(type)}, got {Describe(node)}" : "";
        return value;
    }

    /// <summary>The type in the words of a person who writes job files.</summary>
    public static string Describe(Type type) => type switch
    {
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(double) => "a number",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(IReadOnlyList<string>) => "a list of texts",
        _ when type == typeof(IReadOnlyList<int>) => "a list of whole numbers",
        _ when RecordList.ItemOf(type) is not null => "a list of sections",
        _ => "a text",
    };

    private static string Describe(YamlNode node) => node switch
    {
        YamlScalarNode scalar when IsNull(scalar) => "nothing",
        YamlScalarNode scalar => $"'{scalar.Value}'",
        YamlSequenceNode sequence => $"a list of {sequence.Children.Count}",
        _ => "a section",
    };

    private static object? Scalar(YamlScalarNode node, Type type)
    {
        if (type == typeof(string))
        {
            return IsNull(node) ? "" : node.Value;
        }

        // A quoted number is a text that somebody wrote on purpose.
        if (IsNull(node) || node.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted)
        {
            return null;
        }

        var text = node.Value!;
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        const NumberStyles whole = NumberStyles.AllowLeadingSign;
        if (type == typeof(int))
        {
            return int.TryParse(digits, whole, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        if (type == typeof(long))
        {
            return long.TryParse(digits, whole, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        if (type == typeof(double))
        {
            const NumberStyles real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
            return double.TryParse(digits, real, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
        }

        return type == typeof(bool) && bool.TryParse(text, out var truth) ? truth : null;
    }

    private static List<T>? List<T>(YamlNode node, Type type, ref string problem)
    {
        if (node is YamlScalarNode nothing && IsNull(nothing))
        {
            return [];
        }

        var items = node is YamlSequenceNode sequence ? sequence.Children : [node];
        var values = new List<T>();
        foreach (var item in items)
        {
            if (item is not YamlScalarNode scalar || Scalar(scalar, typeof(T)) is not T value)
            {
                problem = $"expected {Describe(type)}, got {Describe(item)}{(ReferenceEquals(item, node) ? "" : " in it")}";
                return null;
            }

            values.Add(value);
        }

        return values;
    }

    private static bool IsNull(YamlScalarNode node) =>
        node.Style is ScalarStyle.Plain or ScalarStyle.Any && node.Value is null or "" or "~" or "null";
}
