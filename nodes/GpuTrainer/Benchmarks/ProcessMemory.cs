using System.Globalization;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>What Linux says of this process; 0 elsewhere.</summary>
public static class ProcessMemory
{
    /// <summary>Resident memory in bytes.</summary>
    public static long Resident() => Environment.WorkingSet;

    /// <summary>Page faults so far that needed no disk: each is a page given and zeroed.</summary>
    public static long Faults()
    {
        const string Path = "/proc/self/stat";
        if (!File.Exists(Path))
        {
            return 0;
        }

        // Fields after the name in parentheses, which may hold spaces; the tenth of all is minflt.
        var text = File.ReadAllText(Path);
        return long.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
