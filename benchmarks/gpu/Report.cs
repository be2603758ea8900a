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
        return missing.Count == 0 && Number(parts, "parity", "parity.ok") is 1 ? 0 : 1;
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
        if (Number(parts, "parity", "parity.ok") is 0)
        {
            lines.AddRange(["", "**PARITY FAILED**: what is computed on this device is not what the CPU computes; the rates below count nothing."]);
        }

        lines.AddRange(Steps(parts, bf16));
        lines.AddRange(["", "| part | number | value |", "| --- | --- | --- |"]);
        foreach (var (part, node) in parts.Where(p => p.Value is JsonObject))
        {
            var numbers = (JsonObject)node!;
            foreach (var (key, value) in numbers.Where(n => n.Value?.GetValueKind() == JsonValueKind.Number))
            {
                lines.Add($"| {part} | {key} | {Text((double)value!)} |");
            }

        }

        if (missing.Count > 0)
        {
            lines.AddRange(["", "Missing:", ""]);
            lines.AddRange(missing.Select(m => $"- {m.Key}: {m.Value}"));
        }

        return string.Join('\n', lines) + "\n";
    }

    // The training parts beside each other.
    private static IEnumerable<string> Steps(JsonObject parts, double? bf16)
    {
        var found = parts.Where(part => part.Value is JsonObject numbers && Training(numbers) is not null).ToArray();
        if (found.Length == 0)
        {
            yield break;
        }

        yield return "";
        yield return "| bf16 step | tokens a step | seconds | useful tokens/s | share of the measured bf16 rate | memory, GiB |";
        yield return "| --- | --- | --- | --- | --- | --- |";
        foreach (var (part, node) in found)
        {
            var numbers = (JsonObject)node!;
            var (tokens, rate) = ((double)numbers["training.tokens"]!, (double)numbers["training.bf16_useful_tokens_per_second"]!);
            var share = bf16 is { } most ? $"{Training(numbers) / (most * 1e9):P1}" : "-";
            var memory = numbers["memory.most_mib_in_use"] is { } mebibytes ? $"{(double)mebibytes / 1024:0.0}"
                : numbers["training.bf16.resident_bytes"] is { } bytes ? $"{(double)bytes / (1L << 30):0.0} (host, resident)" : "-";
            yield return $"| {part} | {Text(tokens)} | {Text(tokens / rate)} | {Text(rate)} | {share} | {memory} |";
        }
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
