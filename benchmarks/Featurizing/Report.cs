using System.Text.Json;

namespace Ism.Benchmarks.Featurizing;

/// <summary>Lines for people as they come, or keys and values for a program at the end.</summary>
internal sealed class Report(bool json)
{
    private readonly Dictionary<string, double> _values = [];

    public void Line(string line)
    {
        if (!json)
        {
            Console.WriteLine(line);
        }
    }

    public void Value(string key, double value) => _values[key] = value;

    public void End()
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(_values));
        }
    }
}
