namespace Ism.Featurizer.Isolation;

/// <summary>Runs one structure in a process of its own (<see cref="IsolatedWork"/>), so that whatever it does there ends nothing else.
/// </summary>
public interface IIsolation
{
    /// <summary>Runs a request to its end, or ends it at the limit.</summary>
    /// <param name="request">The request's file; the result is left beside it.</param>
    /// <param name="limits">How long it may take, and how much memory.</param>
    /// <param name="cancel">Ends it at once.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">No process can be started.</exception>
    IsolationEnd Run(string request, IsolationLimits limits, CancellationToken cancel);
}

/// <summary>Limits of trying a structure alone.</summary>
/// <param name="Time">Longest time without a sign of progress in reading, and for the structure itself; zero: none.</param>
/// <param name="Megabytes">Largest managed heap; zero: no limit.</param>
public readonly record struct IsolationLimits(TimeSpan Time, int Megabytes);

/// <summary>How far the process that tries a structure alone has come; each is a line that it prints.</summary>
public enum IsolationPhase
{
    /// <summary>It loads encoder and codebook.</summary>
    Starting,

    /// <summary>It gets the structure's bytes from the storage.</summary>
    Reading,

    /// <summary>It works on the structure: from here on, all is the structure's doing.</summary>
    Working,
}

/// <summary>How the process ended.</summary>
/// <param name="Phase">How far it had come.</param>
/// <param name="TimedOut">It was ended because of the time limit.</param>
/// <param name="ExitCode">Its exit code; 128 + n after signal n.</param>
/// <param name="Said">The first line that it wrote to standard error; empty when none.</param>
public sealed record IsolationEnd(IsolationPhase Phase, bool TimedOut, int ExitCode, string Said);
