using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using Microsoft.Extensions.Logging;
using MicrosoftLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Ism.Cluster.Logging;

/// <summary>Where an actor system's log goes.</summary>
internal sealed class ActorLogSetup(ILoggerFactory loggers) : Setup
{
    public ILoggerFactory Loggers => loggers;
}

/// <summary>Hands what actors log to the host's log: the message alone, which gets time and level there.</summary>
internal sealed class ActorLog : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly Dictionary<string, ILogger> _loggers = [];
    private readonly ILoggerFactory _factory;

    public ActorLog()
    {
        _factory = Context.System.Settings.Setup.Get<ActorLogSetup>().Value.Loggers;
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(Write);
    }

    private void Write(LogEvent happened)
    {
        var category = happened.LogClass == typeof(DummyClassForStringSources) ? happened.LogSource : happened.LogClass.FullName!;
        if (!_loggers.TryGetValue(category, out var logger))
        {
            _loggers[category] = logger = _factory.CreateLogger(category);
        }

        logger.Log(LevelOf(happened), default, happened, happened.Cause, static (e, _) => e.Message?.ToString() ?? "");
    }

    private static MicrosoftLevel LevelOf(LogEvent happened) => happened.LogLevel() switch
    {
        Akka.Event.LogLevel.DebugLevel => MicrosoftLevel.Debug,
        Akka.Event.LogLevel.InfoLevel => MicrosoftLevel.Information,
        Akka.Event.LogLevel.WarningLevel => MicrosoftLevel.Warning,
        _ => MicrosoftLevel.Error,
    };
}
