using System.Globalization;

namespace Ism.Cli.Estimation;

/// <summary>How busy this machine is.</summary>
public static class MachineLoad
{
    private const string File = "/proc/loadavg";

    /// <summary>Processes at work or waiting for a core, over the last minute; 0 where the system does not say.</summary>
    public static double Now() => System.IO.File.Exists(File) ? Parse(System.IO.File.ReadAllText(File)) : 0;

    /// <summary>The first number of a line such as "0.52 0.58 0.59 1/234 5678".</summary>
    internal static double Parse(string line) =>
        double.TryParse(line.Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var load) ? load : 0;
}
