using System.Globalization;
using System.Text.RegularExpressions;

namespace Ism.Cli.Slurm;

/// <summary>Time limits as sbatch reads them: minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes,
/// days-hours:minutes:seconds.</summary>
internal static partial class SlurmTime
{
    /// <summary>What an option's text means.</summary>
    /// <exception cref="UsageException">It is none of the forms above, or zero.</exception>
    public static TimeSpan Parse(string option, string text)
    {
        var match = Form().Match(text);
        if (match.Success)
        {
            double Part(string name) =>
                match.Groups[name].Success ? double.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture) : 0;
            var time = TimeSpan.FromSeconds((((((Part("d") * 24) + Part("h")) * 60) + Part("m")) * 60) + Part("s"));
            if (time > TimeSpan.Zero)
            {
                return time;
            }
        }

        throw new UsageException($"{option} {text}: is no time limit as sbatch takes it; use minutes, hours:minutes:seconds or days-hours, "
            + "e.g. 90, 12:00:00 or 2-0");
    }

    /// <summary>A limit as sbatch reads it; limits are whole minutes to Slurm, so it is rounded up to them.</summary>
    public static string Text(TimeSpan time)
    {
        var minutes = TimeSpan.FromMinutes(Math.Ceiling(time.TotalMinutes));
        return minutes.Days > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{minutes.Days}-{minutes.Hours:D2}:{minutes.Minutes:D2}:00")
            : string.Create(CultureInfo.InvariantCulture, $"{minutes.Hours:D2}:{minutes.Minutes:D2}:00");
    }

    // At most four digits a part: sbatch would take more, but nobody means it.
    [GeneratedRegex(@"^(?:(?<d>\d{1,4})-(?<h>\d{1,4})(?::(?<m>\d{1,4})(?::(?<s>\d{1,4}))?)?|(?<h>\d{1,4}):(?<m>\d{1,4}):(?<s>\d{1,4})|(?<m>\d{1,6})(?::(?<s>\d{1,4}))?)\z")]
    private static partial Regex Form();
}
