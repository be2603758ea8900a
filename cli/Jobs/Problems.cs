using System.Globalization;

namespace Ism.Cli.Jobs;

/// <summary>Collects what is wrong with settings, one line each: "setting = value: what to change"; and what is allowed.</summary>
internal sealed class Problems
{
    // Anything above counts as no bound when it is told to people.
    private const double Unbounded = 1e18;
    private readonly List<string> _lines = [];
    private readonly Dictionary<string, string> _limits = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>What is allowed for the settings that were looked at, by their paths.</summary>
    public IReadOnlyDictionary<string, string> Limits => _limits;

    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public void Add(string setting, string value, string change) => _lines.Add($"{setting} = {value}: {change}");

    /// <summary>Says what is allowed for a setting.</summary>
    public void Limit(string setting, string allowed) => _limits[setting] = allowed;

    /// <summary>A number outside [least, most].</summary>
    public void Range(string setting, double value, double least, double most, string unit = "")
    {
        var of = unit.Length == 0 ? "" : $" {unit}";
        Limit(setting, most > Unbounded ? $"{Text(least)} or more{of}" : $"{Text(least)} to {Text(most)}{of}");
        if (!(value >= least && value <= most))
        {
            Add(setting, Text(value), $"must be between {Text(least)} and {Text(most)}{of}");
        }
    }

    /// <summary>A word that is none of those allowed.</summary>
    public void OneOf(string setting, string value, params string[] allowed)
    {
        Limit(setting, string.Join(", ", allowed.Select(a => $"`{a}`")));
        if (!allowed.Contains(value))
        {
            var near = NearestKey.Find(value, allowed);
            Add(setting, $"'{value}'", $"use {string.Join(" or ", allowed)}{(near is null ? "" : $"; did you mean '{near}'?")}");
        }
    }

    /// <summary>A learning rate outside (0, 1].</summary>
    public void LearningRate(string setting, double value)
    {
        Limit(setting, "above 0, at most 1");
        if (value is <= 0 or > 1)
        {
            Add(setting, Text(value), "must be above 0 and at most 1");
        }
    }

    /// <summary>A number that does not divide another.</summary>
    public void Divides(string setting, int value, string whole, int wholeValue)
    {
        if (value > 0 && wholeValue % value != 0)
        {
            Conflict((setting, value), (whole, wholeValue), $"{setting} must divide {whole}; change one of the two");
        }
    }

    /// <summary>Two settings that cannot both hold.</summary>
    public void Conflict((string Setting, double Value) one, (string Setting, double Value) other, string change) =>
        _lines.Add($"{one.Setting} = {Text(one.Value)} and {other.Setting} = {Text(other.Value)}: {change}");
}
