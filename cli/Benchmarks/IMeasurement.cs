namespace Ism.Cli.Benchmarks;

/// <summary>One area of `ism bench`.</summary>
public interface IMeasurement
{
    /// <summary>The word that chooses it, e.g. "stream".</summary>
    string Name { get; }

    /// <summary>Measures, for about <paramref name="seconds"/> a number.</summary>
    /// <param name="seconds">Time that one number may take, after warming up.</param>
    /// <param name="say">Takes a line on what is under way.</param>
    /// <param name="cancel">Gives up.</param>
    Task<IReadOnlyList<Reading>> RunAsync(double seconds, Action<string> say, CancellationToken cancel);
}
