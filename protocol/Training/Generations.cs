using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Training;

/// <summary>Trainer to training group: here I am. Repeated for as long as it lives, so that a group that takes over from another one
/// learns of a running generation from its members. <paramref name="Generation"/> is the highest number heard of,
/// <paramref name="StageId"/> the stage of the last generation prepared or run.</summary>
[MessagePackObject]
public sealed record RegisterTrainer(
    [property: Key(0)] string NodeId,
    [property: Key(1)] string Host,
    [property: Key(2)] long Generation,
    [property: Key(3)] string StageId) : IWireMessage
{
    /// <summary>The generation this trainer is in; -1: none.</summary>
    [Key(4)]
    public long Running { get; init; } = -1;

    /// <summary>Node ids of that generation by rank.</summary>
    [Key(5)]
    public string[] Members { get; init; } = [];

    /// <summary>GUID of that generation's ring.</summary>
    [Key(6)]
    public string Group { get; init; } = "";

    /// <summary>The last completed step of the stage in memory; -1: none of use.</summary>
    [Key(7)]
    public long Step { get; init; } = -1;

    /// <summary>Term of the group that prepared the highest generation heard of.</summary>
    [Key(8)]
    public long Term { get; init; }
}

/// <summary>Training group to trainer: you are known.</summary>
[MessagePackObject]
public sealed record TrainerRegistered([property: Key(0)] string NodeId) : IWireMessage
{
    /// <summary>Term of the group's coordinator; a trainer ignores groups of lower terms than the highest it has heard.</summary>
    [Key(1)]
    public long Term { get; init; }
}

/// <summary>Group to trainer: leave any generation you are in, open a listener for the next one, and say where you stand.</summary>
[MessagePackObject]
public sealed record PrepareGeneration(
    [property: Key(0)] long Generation,
    [property: Key(1)] TrainingStage Stage) : IWireMessage
{
    /// <summary>Term of the group's coordinator.</summary>
    [Key(2)]
    public long Term { get; init; }

    /// <summary>A generation that steps is left at its next step boundary, with all its members; false: at once.</summary>
    [Key(3)]
    public bool AtBoundary { get; init; }

    /// <summary>Some known trainer has the stage's state in memory: who has none takes it over the ring and reads no
    /// checkpoint.</summary>
    [Key(4)]
    public bool LivingState { get; init; }
}

/// <summary>Trainer to group: not prepared yet, but at work on it (it builds the model, reads a checkpoint, or is in an evaluation or a
/// checkpoint that the old generation ends with). Sent every second; each puts the deadline off.</summary>
[MessagePackObject]
public sealed record GenerationPreparing(
    [property: Key(0)] long Generation,
    [property: Key(1)] string NodeId,
    [property: Key(2)] string Doing) : IWireMessage;

/// <summary>Trainer to group: the listener of this generation, and the last completed step in memory (-1: none of this stage).</summary>
[MessagePackObject]
public sealed record GenerationPrepared(
    [property: Key(0)] long Generation,
    [property: Key(1)] string NodeId,
    [property: Key(2)] string Host,
    [property: Key(3)] int Port,
    [property: Key(4)] long Step) : IWireMessage
{
    /// <summary>Term of the group that asked. Another coordinator may prepare the same number and ask for another state: an answer to
    /// the one is none to the other.</summary>
    [Key(5)]
    public long Term { get; init; }
}

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
    [property: Key(3)] string Group) : IWireMessage
{
    /// <summary>Term of the group's coordinator.</summary>
    [Key(4)]
    public long Term { get; init; }
}

/// <summary>Group to trainer: leave this generation and wait for the next.</summary>
[MessagePackObject]
public sealed record StopGeneration([property: Key(0)] long Generation, [property: Key(1)] string Reason) : IWireMessage
{
    /// <summary>Term of the group's coordinator.</summary>
    [Key(2)]
    public long Term { get; init; }

    /// <summary>Leave at the next step boundary, with all members; false: at once.</summary>
    [Key(3)]
    public bool AtBoundary { get; init; }

    /// <summary>With <see cref="AtBoundary"/>: write a checkpoint there first, because nobody keeps the state in memory.</summary>
    [Key(4)]
    public bool Checkpoint { get; init; }
}

/// <summary>Trainer to group: I was asked to leave (SIGTERM); take me out at the next step boundary. Repeated until answered.</summary>
[MessagePackObject]
public sealed record LeaveGroup([property: Key(0)] string NodeId) : IWireMessage;

/// <summary>Group to trainer: you are in no generation any more, and will be in none.</summary>
[MessagePackObject]
public sealed record GroupLeft([property: Key(0)] string NodeId) : IWireMessage
{
    /// <summary>Term of the group's coordinator.</summary>
    [Key(1)]
    public long Term { get; init; }
}

/// <summary>Group to trainers: write a checkpoint at the next step boundary. <paramref name="Request"/> numbers the requests of a
/// generation; a repeated one is not done twice.</summary>
[MessagePackObject]
public sealed record CheckpointGeneration(
    [property: Key(0)] long Generation,
    [property: Key(1)] long Request) : IWireMessage
{
    /// <summary>Term of the group's coordinator.</summary>
    [Key(2)]
    public long Term { get; init; }
}

/// <summary>Rank 0 to group: the checkpoint asked for is written, or why not (empty: written).</summary>
[MessagePackObject]
public sealed record GenerationCheckpointed(
    [property: Key(0)] long Generation,
    [property: Key(1)] long Request,
    [property: Key(2)] long Step,
    [property: Key(3)] string Error) : IWireMessage;

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

    /// <summary>Seconds of the longest step since the last report, without waiting for samples: how far a step boundary may be
    /// away.</summary>
    [Key(6)]
    public double StepSeconds { get; init; }
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
    [property: Key(4)] string Reason) : IWireMessage
{
    /// <summary>The member this trainer lost or waited for in vain; empty: none. It is not waited for again.</summary>
    [Key(5)]
    public string Lost { get; init; } = "";

    /// <summary>With <see cref="GenerationOutcome.Failed"/>: trying again makes no sense, the settings say to stop.</summary>
    [Key(6)]
    public bool Final { get; init; }
}

/// <summary>How a generation ended on one trainer.</summary>
public enum GenerationOutcome : byte
{
    /// <summary>All steps are done; rank 0 has written the model.</summary>
    Completed = 1,

    /// <summary>A peer or the group ended it; this trainer can go on in the next generation.</summary>
    Interrupted = 2,

    /// <summary>Something failed on this trainer alone (memory, disk, a broken file) and its state is given up. The others go on; when it
    /// comes again and again without a step in between, or is final, the stage fails with the reason.</summary>
    Failed = 3,
}
