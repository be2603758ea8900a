namespace Ism.Coordinator.Training;

/// <summary>How long the training group waits for what. Every wait ends, and then says whom it waited for.</summary>
public sealed record GroupTimes
{
    /// <summary>For more trainers before the first generation, and for all members of a generation that is adopted.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For the answer of a member that need not finish a step, or was told to leave at once.</summary>
    public TimeSpan Prepare { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the answer of a member that a peer has lost or the cluster cannot reach.</summary>
    public TimeSpan Suspect { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For trainers that alone hold the state and cannot be reached, before others go on from a checkpoint: longer than it takes
    /// to declare them dead.</summary>
    public TimeSpan Holders { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After a trainer joined: several often come at once and make one generation.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between repetitions of a message that is not answered.</summary>
    public TimeSpan Repeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For a member that keeps saying that it is preparing (building a large model, reading a checkpoint).</summary>
    public TimeSpan MostPreparing { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Failures of single trainers in a row, without a completed step between them, that the stage survives. No time, but of the
    /// same kind: patience.</summary>
    public int FailuresWithoutStep { get; init; } = 3;

    /// <summary>For a checkpoint that was asked for.</summary>
    public TimeSpan Checkpoint { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Between repetitions of the news that no trainer is there.</summary>
    public TimeSpan SayWaiting { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time for which a trainer that did not answer is not asked again; it begins at <see cref="Prepare"/> and
    /// doubles.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// For members to reach a step boundary: max(Prepare, 3 × the last reported step's time + 2 s). Who is not there then is told
    /// to leave at once, which costs the step in flight, and has <see cref="Prepare"/> once more.
    /// </summary>
    public TimeSpan Boundary(double stepSeconds)
    {
        var steps = TimeSpan.FromSeconds((3 * stepSeconds) + 2);
        return steps > Prepare ? steps : Prepare;
    }
}
