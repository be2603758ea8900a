using System.Globalization;

namespace Ism.Evaluation.Reports;

/// <summary>Numbers as people read them, the same in every locale.</summary>
public static class Numbers
{
    private static readonly (double Size, string Suffix)[] Prefixes = [(1e9, " G"), (1e6, " M"), (1e3, " k")];

    /// <summary>Whole numbers with thousands separated.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share in percent with one decimal.</summary>
    public static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %";

    /// <summary>Four significant digits.</summary>
    public static string Short(double value) => value != 0 && Math.Abs(value) is < 1e-3 or >= 1e6
        ? value.ToString("0.###e+0", CultureInfo.InvariantCulture)
        : value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>A tick label: 2500 as "2.5 k", 0.0001 as "1e-4".</summary>
    public static string Tick(double value)
    {
        foreach (var (size, suffix) in Prefixes)
        {
            if (Math.Abs(value) >= size)
            {
                return (value / size).ToString("G4", CultureInfo.InvariantCulture) + suffix;
            }
        }

        return value != 0 && Math.Abs(value) < 1e-3
            ? value.ToString("0.##e+0", CultureInfo.InvariantCulture)
            : value.ToString("0.####", CultureInfo.InvariantCulture);
    }
}
