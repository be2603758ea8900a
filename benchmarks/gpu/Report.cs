using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ism.Benchmarks.Gpu;

/// <summary>Puts the parts of a run together: results.json with all of it, and results.md to read.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="folder">Holds PART.json where a part ran, PART.log in any case, and PART.memory with the most MiB in use.</param>
    public static int Write(string folder)
    {
        var (parts, missing) = (new JsonObject(), new JsonObject());
        foreach (var log in Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(log);
            if (Read(Path.Combine(folder, $"{name}.json")) is { } found)
            {
                parts[name] = found;
                var memory = Path.Combine(folder, $"{name}.memory");
                if (found is JsonObject numbers && File.Exists(memory) && double.TryParse(File.ReadAllText(memory), out var mebibytes))
                {
                    numbers["memory.most_mib_in_use"] = mebibytes;
                }
            }
            else
            {
                var said = File.ReadLines(log).Where(line => line.Trim().Length > 0).TakeLast(2);
                missing[name] = string.Join("; ", said.Select(line => Cut(line.Trim())));
            }
        }

        var all = new JsonObject { ["made"] = DateTime.UtcNow.ToString("u"), ["parts"] = parts, ["missing"] = missing };
        File.WriteAllText(Path.Combine(folder, "results.json"), all.ToJsonString(Indented));
        var text = Table(parts, missing);
        File.WriteAllText(Path.Combine(folder, "results.md"), text);
        Console.Write(text);
        return missing.Count == 0 ? 0 : 1;
    }

    private static string Cut(string line) => line.Length > 300 ? $"{line[..300]} …" : line;

    private static JsonNode? Read(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(File.ReadAllText(file));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Table(JsonObject parts, JsonObject missing)
    {
        var lines = new List<string> { "# GPU benchmark", "" };
        if (parts["doctor"] is JsonArray findings)
        {
            foreach (var finding in findings)
            {
                var name = (string?)finding!["name"] ?? "";
                if (name is "version" or "system" or "cores" or "libtorch" or "nccl" or "gpu driver"
                    || name.StartsWith("gpu ", StringComparison.Ordinal))
                {
                    lines.Add($"- {name}: {(string?)finding["value"]}");
                }
            }
        }

        var bf16 = Number(parts, "matmul", "matmul.bf16_gflops");
        lines.AddRange(["", "| part | number | value |", "| --- | --- | --- |"]);
        foreach (var (part, node) in parts.Where(p => p.Value is JsonObject))
        {
            var numbers = (JsonObject)node!;
            foreach (var (key, value) in numbers.Where(n => n.Value?.GetValueKind() == JsonValueKind.Number))
            {
                lines.Add($"| {part} | {key} | {Text((double)value!)} |");
            }

            if (Training(numbers) is { } flops && bf16 is { } rate)
            {
                lines.Add($"| {part} | share of the measured bf16 rate | {flops / (rate * 1e9):P1} |");
            }
        }

        if (missing.Count > 0)
        {
            lines.AddRange(["", "Missing:", ""]);
            lines.AddRange(missing.Select(m => $"- {m.Key}: {m.Value}"));
        }

        return string.Join('\n', lines) + "\n";
    }

    // Floating-point operations a second of a training part in bf16.
    private static double? Training(JsonObject numbers) =>
        numbers["training.flops"] is { } flops && numbers["training.tokens"] is { } tokens
            && numbers["training.bf16_useful_tokens_per_second"] is { } rate
            ? (double)flops / (double)tokens * (double)rate
            : null;

    private static double? Number(JsonObject parts, string part, string key) =>
        parts[part] is JsonObject numbers && numbers[key] is { } value ? (double)value : null;

    private static string Text(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 0.01 => value.ToString("0.0e0"),
        < 100 => value.ToString("0.###"),
        _ => value.ToString("#,0"),
    };
}
