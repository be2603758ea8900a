using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;

namespace Ism.Cluster.Tests.Partitions;

/// <summary>Keeps what all nodes of a process log, so that a test that fails can show it.</summary>
public sealed class CapturedLog : ReceiveActor
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> Logs = new(StringComparer.Ordinal);

    public CapturedLog()
    {
        var config = Context.System.Settings.Config;
        var (log, node) = (config.GetString("test.log"), config.GetString("test.node"));
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(e =>
        {
            // The transport says much about links that are cut on purpose.
            if (e.LogClass.Namespace?.StartsWith("Akka.Remote", StringComparison.Ordinal) != true
                && (e.LogLevel() >= LogLevel.WarningLevel || e.LogSource.Contains("/user/", StringComparison.Ordinal)))
            {
                Add(log, $"{node}: {e.Message}");
            }
        });
    }

    /// <summary>Adds a line to a test's log.</summary>
    public static void Add(string log, string line) =>
        Logs.GetOrAdd(log, _ => []).Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {line}");

    /// <summary>A test's log.</summary>
    public static string Of(string log) => Logs.TryGetValue(log, out var lines) ? string.Join('\n', lines.TakeLast(150)) : "";
}
