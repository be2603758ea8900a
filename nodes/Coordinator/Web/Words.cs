using System.Globalization;
using Ism.Coordinator.Api;
using Ism.Evaluation.Reports;

namespace Ism.Coordinator.Web;

/// <summary>Numbers and times as the page writes them.</summary>
public static class Words
{
    /// <summary>The page of a job.</summary>
    public static string JobPath(string id) => $"/jobs/{Uri.EscapeDataString(id)}";

    /// <summary>For machines.</summary>
    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>For people, where no script makes it local.</summary>
    public static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>"1 h 02 min", "2 min 03 s" or "5 s".</summary>
    public static string Span(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9));
        return time switch
        {
            { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{time.Seconds} s"),
        };
    }

    /// <summary>A count.</summary>
    public static string Count(double value) => double.IsFinite(value) && Math.Abs(value) < 1e15 ? Numbers.Count((long)value) : "?";

    /// <summary>In a word or a few: what the job does now.</summary>
    public static string State(JobView view) => view switch
    {
        { Paused: true } => "paused",
        { Job.State: "current", Live: false } => "on its way to a coordinator",
        { Job.State: "current", Generation.WaitsFor: { Length: > 0 } why } => $"waits: {why}",
        { Job.State: "current" } => "runs",
        _ => view.Job.State,
    };
}
