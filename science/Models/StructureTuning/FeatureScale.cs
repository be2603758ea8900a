using System.Text.Json;
using Ism.Models.Serialization;

namespace Ism.Models.StructureTuning;

/// <summary>
/// Mean and deviation of each channel of the encoder's embedding over residues that a structure loss is taken at. A regression of features
/// sees them centred and divided by the deviation, so that every channel counts alike and 1 is the error of always saying the mean.
/// </summary>
public sealed class FeatureScale
{
    private readonly double[] _mean;
    private readonly double[] _deviation;

    /// <param name="mean">Of each channel.</param>
    /// <param name="deviation">Of each channel; a channel that never changes has 1.</param>
    /// <exception cref="ArgumentException">Lengths differ or are 0, a value is not finite, or a deviation is not above 0.</exception>
    public FeatureScale(IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
    {
        if (mean.Count == 0 || mean.Count != deviation.Count || !mean.All(double.IsFinite)
            || !deviation.All(d => double.IsFinite(d) && d > 0))
        {
            throw new ArgumentException($"a scale of features needs as many finite means as deviations above 0; these are {mean.Count} and "
                + $"{deviation.Count}");
        }

        (_mean, _deviation) = ([.. mean], [.. deviation]);
    }

    /// <summary>Of each channel.</summary>
    public IReadOnlyList<double> Mean => _mean;

    /// <summary>Of each channel, above 0.</summary>
    public IReadOnlyList<double> Deviation => _deviation;

    /// <summary>Channels.</summary>
    public int Width => _mean.Length;

    /// <summary>A channel's value as the regression sees it.</summary>
    public float Scaled(Half value, int channel) => (float)(((double)value - _mean[channel]) / _deviation[channel]);

    /// <summary>Writes a file.</summary>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(new Written(_mean, _deviation)) + "\n");

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file is something else.</exception>
    public static FeatureScale Load(string path)
    {
        try
        {
            var written = JsonSerializer.Deserialize<Written>(File.ReadAllText(path));
            return new FeatureScale(written?.Mean ?? [], written?.Deviation ?? []);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path} is no scale of features: {e.Message}", e);
        }
    }

    private sealed record Written(double[]? Mean, double[]? Deviation);
}

/// <summary>Adds up embeddings for a <see cref="FeatureScale"/>. The same rows in the same order give the same bits.</summary>
/// <param name="width">Channels.</param>
public sealed class FeatureSums(int width)
{
    private readonly double[] _sums = new double[width];
    private readonly double[] _squares = new double[width];

    /// <summary>Rows added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds one residue's embedding [width].</summary>
    public void Add(ReadOnlySpan<Half> row)
    {
        Count++;
        for (var channel = 0; channel < _sums.Length; channel++)
        {
            var value = (double)row[channel];
            _sums[channel] += value;
            _squares[channel] += value * value;
        }
    }

    /// <summary>Mean and deviation of each channel.</summary>
    /// <exception cref="ArgumentException">No row was added.</exception>
    public FeatureScale Scale()
    {
        if (Count == 0)
        {
            throw new ArgumentException("there is no residue to take the scale of features from");
        }

        double[] mean = [.. _sums.Select(sum => sum / Count)];
        return new FeatureScale(mean, [.. _squares.Select((square, channel) => Deviation(square, mean[channel]))]);
    }

    // A channel that never changes has nothing to predict; what rounding leaves of its variance must not be blown up.
    private double Deviation(double square, double mean)
    {
        const double Rounding = 1e-10;
        var variance = (square / Count) - (mean * mean);
        return variance > Rounding * mean * mean && variance > 0 ? Math.Sqrt(variance) : 1;
    }
}
