namespace Petabridge.Cmd;

/// <summary>Stand-in: a command as it was typed.</summary>
public sealed class Command(string palette, string name, IReadOnlyList<Tuple<string, string>> arguments)
{
    /// <summary>Its module.</summary>
    public string Palette { get; } = palette;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Switches and values.</summary>
    public IReadOnlyList<Tuple<string, string>> Arguments { get; } = arguments;
}

/// <summary>Stand-in: a part of an answer.</summary>
public class CommandResponse(string text, bool final = true)
{
    /// <summary>For a person.</summary>
    public string Text { get; } = text;

    /// <summary>No more comes.</summary>
    public bool Final { get; } = final;
}

/// <summary>Stand-in: why a command failed.</summary>
public sealed class ErroredCommandResponse(string message, bool final = true) : CommandResponse(message, final);
