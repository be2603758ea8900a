namespace Ism.Evaluation.Reports;

/// <summary>Maps values to pixels, linear or logarithmic, with ticks at round numbers.</summary>
internal sealed class AxisScale
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
    public IEnumerable<double> Ticks(int wanted)
    {
        var raw = (_high - _low) / wanted;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * ((raw / power) switch { <= 1 => 1, <= 2 => 2, <= 2.5 => 2.5, <= 5 => 5, _ => 10 });
        for (var index = (long)Math.Ceiling((_low / step) - 1e-9); index * step <= _high + (1e-9 * step); index++)
        {
            yield return _logarithmic ? Math.Pow(10, index * step) : index * step;
        }
    }
}
