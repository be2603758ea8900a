namespace Ism.Cli.Estimation;

/// <summary>What is to be estimated beside the job itself.</summary>
public sealed record EstimateRequest
{
    /// <summary>Structures to plan for instead of those that are there; null: those.</summary>
    public long? Structures { get; init; }

    /// <summary>Useful tokens a second of one trainer, measured elsewhere (a GPU); null: measured here.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Bytes a second of the network between trainers; null: the loopback's, measured here.</summary>
    public double? NetworkBytesPerSecond { get; init; }

    /// <summary>Every node has a machine of its own, like this one; else all share this one, as with `ism run`.</summary>
    public bool Apart { get; init; }

    /// <summary>Structures that are read for the estimate.</summary>
    public int Sample { get; init; } = 48;

    /// <summary>Structures that are read to know how long proteins are.</summary>
    public int Survey { get; init; } = 512;

    /// <summary>Seconds that measuring may take, about: what is large is measured in part.</summary>
    public double Seconds { get; init; } = 60;
}
