using System.Globalization;

namespace Ism.Cli.Jobs;

/// <summary>Collects what is wrong with settings, one line each: "setting = value: what to change".</summary>
internal sealed class Problems
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public void Add(string setting, string value, string change) => _lines.Add($"{setting} = {value}: {change}");

    /// <summary>A number outside [least, most].</summary>
    public void Range(string setting, double value, double least, double most, string unit = "")
    {
        if (!(value >= least && value <= most))
        {
            var of = unit.Length == 0 ? "" : $" {unit}";
            Add(setting, Text(value), $"must be between {Text(least)} and {Text(most)}{of}");
        }
    }

    /// <summary>Two settings that cannot both hold.</summary>
    public void Conflict((string Setting, double Value) one, (string Setting, double Value) other, string change) =>
        _lines.Add($"{one.Setting} = {Text(one.Value)} and {other.Setting} = {Text(other.Value)}: {change}");
}
