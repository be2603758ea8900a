namespace Ism.Evaluation.Reports;

/// <summary>Maps values to pixels, linear or logarithmic, with ticks at round numbers.</summary>
public sealed class AxisScale
{
    private readonly double _low;
    private readonly double _high;
    private readonly double _from;
    private readonly double _to;
    private readonly bool _logarithmic;

    /// <summary>A scale that shows <paramref name="low"/> to <paramref name="high"/> between two pixel positions.</summary>
    public AxisScale(double low, double high, double from, double to, bool logarithmic = false)
    {
        if (high <= low)
        {
            // One value alone sits in the middle.
            var width = low == 0 ? 1 : Math.Abs(low) / 2;
            (low, high) = logarithmic ? (low / 2, low * 2) : (low - width, low + width);
        }

        _logarithmic = logarithmic;
        (_low, _high) = logarithmic ? (Math.Log10(low), Math.Log10(high)) : (low, high);
        (_from, _to) = (from, to);
    }

    /// <summary>The pixel of a value.</summary>
    public double At(double value) => _from
        + (((_logarithmic ? Math.Log10(value) : value) - _low) / (_high - _low) * (_to - _from));

    /// <summary>About <paramref name="wanted"/> round values inside the scale.</summary>
    public IEnumerable<double> Ticks(int wanted) => _logarithmic ? LogarithmicTicks(wanted) : RoundTicks(_low, _high, wanted);

    // Powers of ten where there are enough of them, else 1, 2 and 5 times each; round values where the scale is a part of a decade.
    private IEnumerable<double> LogarithmicTicks(int wanted)
    {
        var decades = _high - _low;
        if (decades < 0.7)
        {
            return RoundTicks(Math.Pow(10, _low), Math.Pow(10, _high), wanted);
        }

        double[] parts = decades < 2.5 ? [1, 2, 5] : [1];
        var step = Math.Max(1, (int)Math.Ceiling(decades / wanted / 2));
        return Enumerable.Range((int)Math.Floor(_low), (int)Math.Ceiling(decades) + 2).Where(power => power % step == 0)
            .SelectMany(power => parts.Select(part => part * Math.Pow(10, power)))
            .Where(value => Math.Log10(value) >= _low - 1e-9 && Math.Log10(value) <= _high + 1e-9);
    }

    private static IEnumerable<double> RoundTicks(double low, double high, int wanted)
    {
        var raw = (high - low) / wanted;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * ((raw / power) switch { <= 1 => 1, <= 2 => 2, <= 2.5 => 2.5, <= 5 => 5, _ => 10 });
        for (var index = (long)Math.Ceiling((low / step) - 1e-9); index * step <= high + (1e-9 * step); index++)
        {
            yield return index * step;
        }
    }
}
