using Ism.Cluster.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Ism.Cluster.Logging;

/// <summary>Log lines of a node, all of one form: on standard error, since standard output belongs to the events of a job.</summary>
public static class NodeLogging
{
    private const string FormatterName = "ism";

    /// <summary>Lets a host write its log in the node's form and no other.</summary>
    public static ILoggingBuilder Add(ILoggingBuilder logging, NodeOptions node)
    {
        logging.ClearProviders();
        logging.AddConsole(o =>
        {
            o.FormatterName = FormatterName;
            o.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        logging.AddConsoleFormatter<Formatter, FormatterOptions>(o => o.Node = node);
        return logging;
    }

    internal sealed class FormatterOptions : ConsoleFormatterOptions
    {
        public NodeOptions? Node { get; set; }
    }

    internal sealed class Formatter(IOptionsMonitor<FormatterOptions> options) : ConsoleFormatter(FormatterName)
    {
        private readonly NodeOptions _node = options.CurrentValue.Node!;

        public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter output)
        {
            var line = new LogLine(
                DateTimeOffset.UtcNow, entry.LogLevel, entry.Category, entry.Formatter(entry.State, entry.Exception), entry.Exception?.ToString());
            output.WriteLine(line.Text(_node.LogFormat, _node));
        }
    }
}
