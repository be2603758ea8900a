using System.Diagnostics;

namespace Ism.Featurizer.Metrics;

/// <summary>Where the time of one attempt at a chunk goes, in seconds. For one thread.</summary>
public sealed class ChunkTimes
{
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Getting structures: storage, unpacking, parsing, cleaning.</summary>
    public double Read { get; private set; }

    /// <summary>Finding microenvironments, and whatever else a structure costs.</summary>
    public double Prepare { get; private set; }

    /// <summary>Encoding, and for tokens the nearest centroids.</summary>
    public double Encode { get; private set; }

    /// <summary>Making and writing the result's file.</summary>
    public double Write { get; private set; }

    /// <summary>A structure that was read is worked on; returns what that took.</summary>
    /// <param name="encode">Seconds of it that were the encoder's.</param>
    public double Structure(double encode)
    {
        var seconds = Lap();
        Encode += encode;
        Prepare += Math.Max(0, seconds - encode);
        return seconds;
    }

    /// <summary>A structure is read; returns what that took.</summary>
    public double HasRead()
    {
        var seconds = Lap();
        Read += seconds;
        return seconds;
    }

    /// <summary>The file is written.</summary>
    public void HasWritten() => Write += Lap();

    /// <summary>Each phase by its name, in their order.</summary>
    public IEnumerable<(string Phase, double Seconds)> All() =>
        [("read", Read), ("prepare", Prepare), ("encode", Encode), ("write", Write)];

    private double Lap()
    {
        var now = Stopwatch.GetTimestamp();
        var seconds = Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
        return seconds;
    }
}
