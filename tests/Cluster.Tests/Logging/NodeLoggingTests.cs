using System.Collections.Concurrent;
using System.Text.Json;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Cluster.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Ism.Cluster.Tests.Logging;

public class NodeLoggingTests
{
    private static readonly NodeOptions Node = new() { Role = NodeRoles.Trainer, NodeId = "trainer-3", Workspace = "/data/runs/first/" };

    [Fact]
    public void Should_write_one_JSON_object_a_line_with_who_and_where()
    {
        var text = Written(LogFormat.Json, LogLevel.Warning, "Ism.Some.Actor", "a \"quoted\" line\nand Å", new InvalidOperationException("no"));
        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        Assert.Equal(
            ["time", "level", "node", "role", "job", "category", "message", "exception"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal("warn", root.GetProperty("level").GetString());
        Assert.Equal("trainer-3", root.GetProperty("node").GetString());
        Assert.Equal("trainer", root.GetProperty("role").GetString());
        Assert.Equal("first", root.GetProperty("job").GetString());
        Assert.Equal("Ism.Some.Actor", root.GetProperty("category").GetString());
        Assert.Equal("a \"quoted\" line\nand Å", root.GetProperty("message").GetString());
        Assert.Contains("InvalidOperationException: no", root.GetProperty("exception").GetString());
        Assert.InRange(DateTimeOffset.UtcNow - root.GetProperty("time").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void Should_write_time_and_level_once_in_a_plain_line()
    {
        var text = Written(LogFormat.Plain, LogLevel.Information, "Ism.Coordinator.Ledger.LedgerActor", "chunk 3\nis back", null);
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d\d\d info: LedgerActor: chunk 3 is back\n$", text);
    }

    [Theory]
    [InlineData(null, LogFormat.Plain)]
    [InlineData("json", LogFormat.Json)]
    [InlineData("JSON", LogFormat.Json)]
    [InlineData("xml", LogFormat.Plain)]
    public void Should_take_the_format_that_is_named(string? name, LogFormat expected) =>
        Assert.Equal(expected, LogFormats.Parse(name) ?? LogFormat.Plain);

    [Fact]
    public async Task Should_hand_on_what_actors_log_without_time_or_level_of_its_own()
    {
        var kept = new Kept();
        using var factory = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(kept));
        var setup = ActorSystemSetup.Create(
            new ActorLogSetup(factory),
            BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(
                $"akka {{ loglevel = INFO, stdout-loglevel = OFF, loggers = [\"{typeof(ActorLog).FullName}, {typeof(ActorLog).Assembly.GetName().Name}\"] }}")));
        var system = ActorSystem.Create("logged", setup);
        var log = Akka.Event.Logging.GetLogger(system, typeof(NodeLoggingTests));
        log.Error(new IOException("gone"), "chunk {0} of {1}", 3, "corpus");
        log.Debug("not asked for");
        var line = await kept.First.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await system.Terminate();
        Assert.Equal((typeof(NodeLoggingTests).FullName, LogLevel.Error, "chunk 3 of corpus", "gone"), line);
        Assert.DoesNotContain(kept.Lines, l => l.Message.Contains("not asked for", StringComparison.Ordinal));
    }

    private static string Written(LogFormat format, LogLevel level, string category, string message, Exception? exception)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var formatter = new NodeLogging.Formatter(new Fixed(new NodeLogging.FormatterOptions { Node = Node with { LogFormat = format } }));
        formatter.Write(new LogEntry<string>(level, category, default, message, exception, (state, _) => state), null, output);
        return output.ToString();
    }

    private sealed class Fixed(NodeLogging.FormatterOptions options) : IOptionsMonitor<NodeLogging.FormatterOptions>
    {
        public NodeLogging.FormatterOptions CurrentValue => options;

        public NodeLogging.FormatterOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<NodeLogging.FormatterOptions, string?> listener) => null;
    }

    private sealed class Kept : ILoggerProvider
    {
        public ConcurrentQueue<(string Category, LogLevel Level, string Message, string Exception)> Lines { get; } = [];

        public TaskCompletionSource<(string Category, LogLevel Level, string Message, string Exception)> First { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ILogger CreateLogger(string categoryName) => new Named(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Named(Kept kept, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                var line = (category, logLevel, formatter(state, exception), exception?.Message ?? "");
                kept.Lines.Enqueue(line);
                if (logLevel == LogLevel.Error)
                {
                    kept.First.TrySetResult(line);
                }
            }
        }
    }
}
