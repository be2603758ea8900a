namespace Ism.Cli.Terminal;

/// <summary>Progress of long work: bars on a terminal, plain lines elsewhere. Thread-safe. Written to standard error, so that
/// standard output stays a program's.</summary>
public abstract class ProgressDisplay : IAsyncDisposable
{
    /// <summary>Bars when standard error is a terminal that can draw them, else lines.</summary>
    public static ProgressDisplay Create(TextWriter error) =>
        Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb" || !ReferenceEquals(error, Console.Error)
            ? new LineProgress(error, TimeProvider.System)
            : new BarProgress();

    /// <summary>Begins a piece of work.</summary>
    /// <param name="name">One or two words.</param>
    /// <param name="total">How many units; 0 when it is not known yet.</param>
    /// <param name="unit">What is counted, e.g. "structures".</param>
    public abstract IProgressTask Begin(string name, double total, string unit = "");

    /// <summary>A line of its own.</summary>
    public abstract void Note(string line);

    public abstract ValueTask DisposeAsync();
}

/// <summary>One piece of work on a <see cref="ProgressDisplay"/>.</summary>
public interface IProgressTask
{
    /// <summary>How far it is.</summary>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units of the whole when that has changed or is now known.</param>
    /// <param name="detail">A few words or numbers beside the bar; null keeps what is there.</param>
    void Report(double done, double? total = null, string? detail = null);

    /// <summary>It is complete.</summary>
    void Finish(string? detail = null);
}
