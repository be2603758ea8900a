using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Ism.Cli.Diagnosis;

/// <summary>Program, runtime, system, cores, memory and what the CPU can do.</summary>
internal static class MachineFindings
{
    private const double GiB = 1L << 30;

    public static IEnumerable<Finding> Find()
    {
        yield return new Finding("version", FindingState.Ok, Version);
        yield return new Finding("runtime", FindingState.Ok, $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        yield return new Finding("system", FindingState.Ok, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}");
        yield return new Finding("cores", FindingState.Ok, Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        yield return Memory();
        yield return Cpu();
    }

    /// <summary>Version of the program.</summary>
    public static string Version =>
        typeof(MachineFindings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Name of the CPU as the system has it.</summary>
    public static string Processor => File.Exists("/proc/cpuinfo")
        && File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':') + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();

    private static Finding Memory()
    {
        // Of the container where there is one, else of the machine.
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / GiB;
        var text = string.Create(CultureInfo.InvariantCulture, $"{memory:0.0} GiB");
        return memory < 4
            ? new Finding("memory", FindingState.Warning, text, "the demo's five processes need about 4 GiB; lower cluster.trainers and cluster.featurizers")
            : new Finding("memory", FindingState.Ok, text);
    }

    private static Finding Cpu()
    {
        var flags = new List<string>();
        if (Avx2.IsSupported)
        {
            flags.Add("avx2");
        }

        if (Avx512F.IsSupported)
        {
            flags.Add("avx512f");
        }

        // .NET has no test for these two on x64; the kernel's list has.
        var known = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal))?.Split(' ') ?? []
            : [];
        flags.AddRange(((string[])["avx512_bf16", "amx_bf16"]).Where(known.Contains));
        var text = flags.Count == 0 ? "no vector extension known" : string.Join(" ", flags);
        var isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        return isX64 && !Avx2.IsSupported
            ? new Finding("cpu", FindingState.Warning, text, "without avx2 everything is several times slower")
            : new Finding("cpu", FindingState.Ok, text);
    }
}
