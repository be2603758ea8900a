using System.Globalization;

namespace Ism.Cli.Estimation;

/// <summary>An estimate for a person: what, value, how it was found.</summary>
public static class EstimateTable
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>Writes it, a blank line between the areas of its keys.</summary>
    public static void Write(TextWriter output, IReadOnlyList<EstimateRow> rows)
    {
        var what = rows.Max(r => r.What.Length);
        var values = rows.Select(Text).ToList();
        var value = values.Max(v => v.Length);
        for (var i = 0; i < rows.Count; i++)
        {
            if (i > 0 && Area(rows[i]) != Area(rows[i - 1]))
            {
                output.WriteLine();
            }

            output.WriteLine($"{rows[i].What.PadRight(what)}  {values[i].PadLeft(value)}  {rows[i].How}".TrimEnd());
        }
    }

    /// <summary>A value with its unit, in three digits or so.</summary>
    public static string Text(EstimateRow row) => row.Unit switch
    {
        EstimateUnit.Seconds => Seconds(row.Value),
        EstimateUnit.Bytes => Bytes(row.Value),
        EstimateUnit.BytesPerSecond => $"{Bytes(row.Value)}/s",
        EstimateUnit.Share => row.Value.ToString("0.0 %", CultureInfo.InvariantCulture),
        EstimateUnit.PerSecond => $"{Number(row.Value)}/s",
        _ => Number(row.Value),
    };

    private static string Area(EstimateRow row) => row.Key.Split('.')[0];

    private static string Seconds(double seconds) => seconds switch
    {
        < 1 => FormattableString.Invariant($"{seconds * 1000:0.0} ms"),
        < 120 => FormattableString.Invariant($"{seconds:0.0} s"),
        < 7200 => FormattableString.Invariant($"{seconds / 60:0.0} min"),
        < 172_800 => FormattableString.Invariant($"{seconds / 3600:0.0} h"),
        _ => FormattableString.Invariant($"{seconds / 86_400:0.0} days"),
    };

    private static string Bytes(double bytes)
    {
        var unit = 0;
        for (; bytes >= 1000 && unit < ByteUnits.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return $"{bytes.ToString(bytes < 10 && unit > 0 ? "0.00" : "0.0", CultureInfo.InvariantCulture)} {ByteUnits[unit]}";
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "N0" : "0.##", CultureInfo.InvariantCulture);
}
