namespace Ism.Cli.Remote;

/// <summary>An API refused, or none answered; the message is for a person.</summary>
/// <param name="message">What happened and what to change.</param>
/// <param name="problems">Problems of a job file, each on its own line; empty otherwise.</param>
/// <param name="answered">An API answered; false when none could be reached.</param>
public sealed class ApiException(string message, IReadOnlyList<string> problems, bool answered) : Exception(message)
{
    /// <summary>Problems of a job file.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>An API answered.</summary>
    public bool Answered => answered;
}
