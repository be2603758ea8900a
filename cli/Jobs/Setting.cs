using System.Reflection;
using System.Text.Json;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs;

/// <summary>One key of a job file: a property of an options record under its camelCase name, or a section that holds further keys.</summary>
public sealed class Setting
{
    private readonly PropertyInfo _property;

    private Setting(PropertyInfo property, string prefix)
    {
        _property = property;
        Key = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        Path = prefix.Length == 0 ? Key : $"{prefix}.{Key}";
        IsSection = property.PropertyType.Namespace == typeof(JobOptions).Namespace;
        Children = IsSection ? Of(property.PropertyType, Path) : [];
    }

    /// <summary>The keys of a record that stands in a list.</summary>
    public static IReadOnlyList<Setting> Of(Type record) => Of(record, "");

    /// <summary>The keys at the top of a job file.</summary>
    public static IReadOnlyList<Setting> Top { get; } = Of(typeof(JobOptions), "");

    /// <summary>Every key that holds a value, sections opened, in the order of the records.</summary>
    public static IReadOnlyList<Setting> Leaves { get; } = [.. Flatten(Top)];

    /// <summary>Name within its section, e.g. "learningRate".</summary>
    public string Key { get; }

    /// <summary>Name from the top, e.g. "tuning.learningRate".</summary>
    public string Path { get; }

    /// <summary>Whether the key holds further keys and no value.</summary>
    public bool IsSection { get; }

    /// <summary>The keys of a section, in the record's order; empty for a value.</summary>
    public IReadOnlyList<Setting> Children { get; }

    /// <summary>Type of the value: string, int, long, double, bool, or a list of string, int or records.</summary>
    public Type Type => _property.PropertyType;

    /// <summary>Name of the property in the XML documentation file.</summary>
    public string DocumentationId => $"P:{_property.DeclaringType!.FullName}.{_property.Name}";

    public object Get(object owner) => _property.GetValue(owner)!;

    /// <summary>Sets the value on a record that is still being put together.</summary>
    public void Set(object owner, object value) => _property.SetValue(owner, value);

    private static IReadOnlyList<Setting> Of(Type type, string prefix) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite)
            .OrderBy(p => p.MetadataToken)
            .Select(p => new Setting(p, prefix))];

    private static IEnumerable<Setting> Flatten(IEnumerable<Setting> settings) =>
        settings.SelectMany(s => s.IsSection ? Flatten(s.Children) : [s]);
}
