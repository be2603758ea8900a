namespace Ism.Cluster.Logging;

/// <summary>How a node writes its log.</summary>
public enum LogFormat
{
    /// <summary>A line for a person: time, level, category, message.</summary>
    Plain,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>Names of the formats.</summary>
public static class LogFormats
{
    /// <summary>Variable with the format of this process and its children.</summary>
    public const string Variable = "ISM_LOG_FORMAT";

    /// <summary>Names as they are typed.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetNames<LogFormat>().Select(n => n.ToLowerInvariant())];

    /// <summary>What the variable says; plain where it says nothing or nothing that is known.</summary>
    public static LogFormat OfEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable)) ?? LogFormat.Plain;

    /// <summary>The format of a name; null for another text.</summary>
    public static LogFormat? Parse(string? name) =>
        name is not null && Names.Contains(name.ToLowerInvariant()) ? Enum.Parse<LogFormat>(name, ignoreCase: true) : null;
}
