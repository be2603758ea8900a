using System.Diagnostics;
using System.Globalization;

namespace Ism.Cli.Estimation;

/// <summary>Memory of processes and of the machine.</summary>
public static class ProcessMemory
{
    private const string Status = "/proc/self/status";
    private const string Machine = "/proc/meminfo";
    private const int Message = 16 << 10;
    private const long MostYoung = 2L << 30;

    /// <summary>The most memory that this process has held at once, in bytes.</summary>
    public static long Peak() => FromFile(Status, "VmHWM:") ?? Process.GetCurrentProcess().PeakWorkingSet64;

    /// <summary>What it holds now, in bytes.</summary>
    public static long Now() => FromFile(Status, "VmRSS:") ?? Environment.WorkingSet;

    /// <summary>What the machine (or the container) has left, in bytes.</summary>
    public static long Available() => Math.Min(
        FromFile(Machine, "MemAvailable:") ?? long.MaxValue, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>Allocates until the garbage collector has run twice. A node of a run allocates for messages all the time, so that its young
    /// generation is as large as the collector lets it grow; in a short measurement it would not get there.</summary>
    public static void FillYoungGeneration()
    {
        var collections = GC.CollectionCount(0) + 2;
        for (var allocated = 0L; allocated < MostYoung && GC.CollectionCount(0) < collections; allocated += Message)
        {
            Array.Fill<byte>(new byte[Message], 1);
        }
    }

    /// <summary>The value of a line such as "VmHWM:   123 kB", in bytes; null when there is none.</summary>
    internal static long? Parse(IEnumerable<string> lines, string name)
    {
        var line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        var words = line?[name.Length..].Split(' ', '\t').Where(w => w.Length > 0).ToArray();
        return words is [var number, "kB"] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes << 10
            : null;
    }

    private static long? FromFile(string path, string name) => File.Exists(path) ? Parse(File.ReadLines(path), name) : null;
}
