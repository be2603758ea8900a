using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ism.Cluster.Hosting;
using Microsoft.Extensions.Logging;

namespace Ism.Cluster.Logging;

/// <summary>One line of a node's log.</summary>
/// <param name="Time">When (UTC).</param>
/// <param name="Level">How grave.</param>
/// <param name="Category">Full name of who says it.</param>
/// <param name="Message">What.</param>
/// <param name="Exception">What was thrown; null: nothing.</param>
public readonly record struct LogLine(DateTimeOffset Time, LogLevel Level, string Category, string Message, string? Exception = null)
{
    // Nothing here goes into a page: quotes and letters beyond ASCII stay readable.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The line in a format, without its end.</summary>
    public string Text(LogFormat format, NodeOptions node) => format == LogFormat.Json ? Json(node) : Plain();

    private string Plain()
    {
        var who = Category[(Category.LastIndexOf('.') + 1)..];
        var text = string.Create(CultureInfo.InvariantCulture, $"{Time:HH:mm:ss.fff} {Name(Level)}: {who}: {Message}");
        return (Exception is null ? text : $"{text} {Exception}").ReplaceLineEndings(" ");
    }

    private string Json(NodeOptions node)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Writing))
        {
            json.WriteStartObject();
            json.WriteString("time", Time);
            json.WriteString("level", Name(Level));
            json.WriteString("node", node.NodeId);
            json.WriteString("role", node.Role);
            json.WriteString("job", Path.GetFileName(Path.TrimEndingDirectorySeparator(node.Workspace)));
            json.WriteString("category", Category);
            json.WriteString("message", Message);
            if (Exception is not null)
            {
                json.WriteString("exception", Exception);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
