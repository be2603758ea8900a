using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Training;

/// <summary>Trainer to training group: here I am. Repeated until answered, and after a coordinator's fail-over.</summary>
[MessagePackObject]
public sealed record RegisterTrainer(
    [property: Key(0)] string NodeId,
    [property: Key(1)] string Host,
    [property: Key(2)] long Generation,
    [property: Key(3)] string StageId) : IWireMessage;

/// <summary>Training group to trainer: you are known.</summary>
[MessagePackObject]
public sealed record TrainerRegistered([property: Key(0)] string NodeId) : IWireMessage;

/// <summary>Group to trainer: leave any generation you are in, open a listener for the next one, and say where you stand.</summary>
[MessagePackObject]
public sealed record PrepareGeneration(
    [property: Key(0)] long Generation,
    [property: Key(1)] TrainingStage Stage) : IWireMessage;

/// <summary>Trainer to group: the listener of this generation, and the last completed step in memory (-1: none of this stage).</summary>
[MessagePackObject]
public sealed record GenerationPrepared(
    [property: Key(0)] long Generation,
    [property: Key(1)] string NodeId,
    [property: Key(2)] string Host,
    [property: Key(3)] int Port,
    [property: Key(4)] long Step) : IWireMessage;

/// <summary>A rank's listener.</summary>
[MessagePackObject]
public sealed record RankEndpoint(
    [property: Key(0)] string NodeId,
    [property: Key(1)] string Host,
    [property: Key(2)] int Port);

/// <summary>Group to trainer: the members by rank; connect, agree on the state, and step. <paramref name="Group"/> (a GUID) keeps
/// strangers out of the ring.</summary>
[MessagePackObject]
public sealed record StartGeneration(
    [property: Key(0)] long Generation,
    [property: Key(1)] int Rank,
    [property: Key(2)] RankEndpoint[] Members,
    [property: Key(3)] string Group) : IWireMessage;

/// <summary>Group to trainer: leave this generation and wait for the next.</summary>
[MessagePackObject]
public sealed record StopGeneration([property: Key(0)] long Generation, [property: Key(1)] string Reason) : IWireMessage;

/// <summary>Rank 0 to group: a step is complete on this rank.</summary>
[MessagePackObject]
public sealed record StepReport : IWireMessage
{
    [Key(0)]
    public required long Generation { get; init; }

    [Key(1)]
    public required string StageId { get; init; }

    /// <summary>Completed steps (1 after the first).</summary>
    [Key(2)]
    public required long Step { get; init; }

    [Key(3)]
    public required double Loss { get; init; }

    [Key(4)]
    public required double TokensPerSecond { get; init; }

    /// <summary>Share of the time since the last report spent waiting for samples.</summary>
    [Key(5)]
    public required double Waiting { get; init; }
}

/// <summary>Rank 0 to group: held-out metrics after a step.</summary>
[MessagePackObject]
public sealed record EvaluationReport(
    [property: Key(0)] long Generation,
    [property: Key(1)] string StageId,
    [property: Key(2)] long Step,
    [property: Key(3)] Dictionary<string, double> Metrics) : IWireMessage;

/// <summary>Trainer to group: this trainer is out of the generation, because the stage is complete or because something failed.</summary>
[MessagePackObject]
public sealed record GenerationEnded(
    [property: Key(0)] long Generation,
    [property: Key(1)] string NodeId,
    [property: Key(2)] long Step,
    [property: Key(3)] GenerationOutcome Outcome,
    [property: Key(4)] string Reason) : IWireMessage;

/// <summary>How a generation ended on one trainer.</summary>
public enum GenerationOutcome : byte
{
    /// <summary>All steps are done; rank 0 has written the model.</summary>
    Completed = 1,

    /// <summary>A peer or the group ended it; this trainer can go on in the next generation.</summary>
    Interrupted = 2,

    /// <summary>This trainer cannot go on (configuration, disk, a non-finite loss); the job fails with the reason.</summary>
    Failed = 3,
}
