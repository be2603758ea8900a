using System.Diagnostics;

namespace Ism.Models.Esm2.Layers;

/// <summary>Where the time of a <see cref="LayerStack"/> goes, for a profile. A CPU only: elsewhere operators are not waited for. For one
/// thread.</summary>
public sealed class LayerParts
{
    private readonly Dictionary<string, PartTime> _times = [];
    private long _clock;
    private TimeSpan _processor;

    /// <summary>Every part so far, in the order of its first appearance.</summary>
    public IReadOnlyList<KeyValuePair<string, PartTime>> Times => [.. _times];

    /// <summary>Forgets everything.</summary>
    public void Clear() => _times.Clear();

    /// <summary>A part begins here.</summary>
    internal void Begin() => (_clock, _processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);

    /// <summary>It ends here, and the next begins.</summary>
    internal void Lap(string part, double operations = 0)
    {
        var (clock, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var before = _times.GetValueOrDefault(part);
        _times[part] = new(
            before.Seconds + Stopwatch.GetElapsedTime(_clock, clock).TotalSeconds,
            before.Processor + (processor - _processor).TotalSeconds, before.Operations + operations);
        Begin();
    }
}

/// <summary>What one part took.</summary>
/// <param name="Seconds">By the clock.</param>
/// <param name="Processor">Of processor time, all threads of the process.</param>
/// <param name="Operations">Useful floating point operations of matrix products; 0 where it has none.</param>
public readonly record struct PartTime(double Seconds, double Processor, double Operations);
