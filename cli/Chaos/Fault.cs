namespace Ism.Cli.Chaos;

/// <summary>What is done to a node.</summary>
public enum FaultKind
{
    /// <summary>SIGKILL.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after a while.</summary>
    Freeze,

    /// <summary>SIGTERM: it leaves politely, and is started again.</summary>
    Leave,

    /// <summary>Its network is cut, and healed after a while.</summary>
    CutOff,

    /// <summary>Another number of nodes of its role.</summary>
    Scale,
}

/// <summary>One thing that is done.</summary>
/// <param name="After">Pause before it.</param>
/// <param name="Kind">What.</param>
/// <param name="Role">To a node of this role.</param>
/// <param name="Pick">Which of the living ones: a number from 0 to 1.</param>
/// <param name="Hold">How long a freeze or cut lasts.</param>
/// <param name="Count">Number of nodes, for <see cref="FaultKind.Scale"/>.</param>
public sealed record Fault(TimeSpan After, FaultKind Kind, string Role, double Pick, TimeSpan Hold, int Count);
