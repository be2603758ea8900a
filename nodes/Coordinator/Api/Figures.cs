using System.Globalization;

namespace Ism.Coordinator.Api;

/// <summary>Numbers and times in plain lines.</summary>
public static class Figures
{
    /// <summary>"1:02:03" or "2:03".</summary>
    public static string Clock(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");

    /// <summary>Three significant digits or whole numbers.</summary>
    public static string Number(double value) => Math.Abs(value) >= 100 || value == Math.Floor(value)
        ? value.ToString("0", CultureInfo.InvariantCulture)
        : value.ToString("G3", CultureInfo.InvariantCulture);
}
