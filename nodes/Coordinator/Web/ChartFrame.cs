using System.Globalization;
using System.Text;
using Ism.Evaluation.Reports;

namespace Ism.Coordinator.Web;

/// <summary>The geometry of a plot: pixels of values, ticks, paths. The size suits a phone's width.</summary>
public sealed class ChartFrame
{
    /// <summary>Width of the drawing in its own units.</summary>
    public const double Width = 480;

    /// <summary>Height of the drawing.</summary>
    public const double Height = 264;

    /// <summary>Where the plot begins and ends.</summary>
    public const double Left = 66, Right = 464, Top = 12, Bottom = 218;

    private const double Margin = 0.06;
    private readonly bool _logarithmic;

    /// <summary>A frame that holds all values.</summary>
    /// <param name="points">What is drawn.</param>
    /// <param name="logarithmic">Powers of ten on the vertical axis; values that are not above 0 are left out.</param>
    /// <param name="fromZero">The vertical axis begins at 0.</param>
    public ChartFrame(IEnumerable<CurvePoint> points, bool logarithmic, bool fromZero)
    {
        var shown = points.Where(p => double.IsFinite(p.Y) && (!logarithmic || p.Y > 0)).ToList();
        _logarithmic = logarithmic && shown.Count > 0;
        IsEmpty = shown.Count == 0;
        var (low, high) = IsEmpty ? (0, 1) : (shown.Min(p => p.Y), shown.Max(p => p.Y));
        var (first, last) = IsEmpty ? (0, 1) : (shown.Min(p => p.X), shown.Max(p => p.X));
        if (_logarithmic)
        {
            var factor = Math.Pow(high / low, Margin);
            (low, high) = (low / factor, high * factor);
        }
        else
        {
            var margin = Margin * (high - (fromZero ? Math.Min(0, low) : low));
            (low, high) = (fromZero && low >= 0 ? 0 : low - margin, high + margin);
            if (fromZero && high <= 0)
            {
                high = 1;
            }
        }

        X = new AxisScale(first, last, Left, Right);
        Y = new AxisScale(low, high, Bottom, Top, _logarithmic);
    }

    /// <summary>There is nothing to draw.</summary>
    public bool IsEmpty { get; }

    /// <summary>The horizontal axis.</summary>
    public AxisScale X { get; }

    /// <summary>The vertical axis.</summary>
    public AxisScale Y { get; }

    /// <summary>Where to label the horizontal axis.</summary>
    /// <param name="whole">Only at whole numbers.</param>
    public IEnumerable<double> XTicks(bool whole) => X.Ticks(5).Where(t => !whole || t == Math.Floor(t));

    /// <summary>Where to label the vertical axis.</summary>
    /// <param name="whole">Only at whole numbers.</param>
    public IEnumerable<double> YTicks(bool whole) => Y.Ticks(5).Where(t => !whole || t == Math.Floor(t));

    /// <summary>The path of a curve; values that cannot be shown break it.</summary>
    public string Path(IEnumerable<CurvePoint> points)
    {
        var path = new StringBuilder();
        var pen = 'M';
        foreach (var point in points)
        {
            if (!IsShown(point))
            {
                pen = 'M';
                continue;
            }

            path.Append(pen).Append(Pixel(X.At(point.X))).Append(' ').Append(Pixel(Y.At(point.Y)));
            pen = 'L';
        }

        return path.ToString();
    }

    /// <summary>Whether a point can be drawn.</summary>
    public bool IsShown(CurvePoint point) => double.IsFinite(point.Y) && (!_logarithmic || point.Y > 0);

    /// <summary>A coordinate with one decimal.</summary>
    public static string Pixel(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
