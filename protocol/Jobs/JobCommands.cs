using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Jobs;

/// <summary>What a person can tell a running job.</summary>
public enum JobCommandKind : byte
{
    /// <summary>Stop stepping and leasing at the next boundary; nothing is lost, all nodes stay.</summary>
    Pause = 1,

    /// <summary>Go on after a pause.</summary>
    Resume = 2,

    /// <summary>End the job; what is made stays in the workspace.</summary>
    Cancel = 3,

    /// <summary>Change the number of nodes of a role, where whoever started the cluster can.</summary>
    Scale = 4,

    /// <summary>Write a checkpoint at the next step boundary.</summary>
    Checkpoint = 5,

    // 6 was a question that JobStatusRequest asks better; it is not given again.
}

/// <summary>A person's word to the job, through any coordinator.</summary>
/// <param name="Kind">What is wanted.</param>
/// <param name="Role">Role to scale; empty otherwise.</param>
/// <param name="Count">Nodes of the role; 0 otherwise.</param>
/// <param name="By">Who asks, for the log.</param>
[MessagePackObject]
public sealed record JobCommand(
    [property: Key(0)] JobCommandKind Kind,
    [property: Key(1)] string Role,
    [property: Key(2)] int Count,
    [property: Key(3)] string By) : IWireMessage;

/// <summary>The job's answer.</summary>
/// <param name="Done">Whether it was done; then <paramref name="Message"/> says what, else why not.</param>
/// <param name="Message">For a person.</param>
[MessagePackObject]
public sealed record JobAnswer([property: Key(0)] bool Done, [property: Key(1)] string Message) : IWireMessage;

/// <summary>What the journal keeps of a job.</summary>
public interface IJobEvent : IWireMessage;

/// <summary>A coordinator took the job over; the incarnation grows each time and is the term of its training group.</summary>
[MessagePackObject]
public sealed record JobOpened([property: Key(0)] int Incarnation) : IJobEvent;

/// <summary>The job was paused or goes on.</summary>
[MessagePackObject]
public sealed record JobPauseChanged([property: Key(0)] bool Paused) : IJobEvent;

/// <summary>Another number of nodes of a role is wanted.</summary>
[MessagePackObject]
public sealed record JobScaled([property: Key(0)] string Role, [property: Key(1)] int Count) : IJobEvent;
