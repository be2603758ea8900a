using System.Globalization;
using System.Text.Json;
using Ism.Collectives;
using Ism.Collectives.Measurement;

// The CPU ring's bus bandwidth beside loopback's own, by turns in one run.
// dotnet run -c Release --project benchmarks/Collectives -- [--json] [--tls] [--ranks 2,4] [--mib 1,16,64] [--type Float32] [--rounds 9]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string Option(string name, string otherwise) =>
    Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
var types = Option("--type", "Float32,BFloat16").Split(',').Select(Enum.Parse<ElementType>);
var ranks = Option("--ranks", "2,4").Split(',').Select(int.Parse).ToArray();
var sizes = Option("--mib", "0.0625,1,16,64").Split(',').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
var rounds = int.Parse(Option("--rounds", "9"), CultureInfo.InvariantCulture);
var tls = args.Contains("--tls") ? Certificates.ForOneRing() : null;
var results = (
    from type in types
    from world in ranks
    from size in sizes
    select RingBandwidth.Measure(world, (long)(size * (1 << 20)), type, rounds, tls)).ToArray();
if (args.Contains("--json"))
{
    Console.WriteLine(JsonSerializer.Serialize(results.ToDictionary(
        result => $"allreduce.{result.Type}.{result.Ranks}_ranks.{result.Bytes}_bytes".ToLowerInvariant(),
        result => new { result.Seconds, result.BusBytesPerSecond, result.LoopbackBytesPerSecond, result.ShareOfLoopback, result.ShareOfLoopbackCpu })));
    return;
}

Console.WriteLine($"{Environment.ProcessorCount} cores, {rounds} rounds, the shortest of each; ranks are threads of one process{(tls is null ? "" : "; the ring's links with TLS")}");
Console.WriteLine($"{"type",-10}{"ranks",6}{"MiB",9}{"time",12}{"bus",12}{"loopback",12}{"share",8}{"cpu share",11}");
foreach (var result in results)
{
    Console.WriteLine($"{result.Type,-10}{result.Ranks,6}{result.Bytes / (double)(1 << 20),9:0.##}{result.Seconds * 1e3,9:0.00} ms"
        + $"{result.BusBytesPerSecond / 1e9,7:0.00} GB/s{result.LoopbackBytesPerSecond / 1e9,7:0.00} GB/s{result.ShareOfLoopback,8:0%}{result.ShareOfLoopbackCpu,11:0%}");
}
