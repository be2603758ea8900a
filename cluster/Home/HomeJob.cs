namespace Ism.Cluster.Home;

/// <summary>Where a job of a home stands.</summary>
public enum HomeJobState
{
    /// <summary>Others come first.</summary>
    Queued,

    /// <summary>It is the job that the nodes work on, or will as soon as there are any.</summary>
    Current,

    /// <summary>All of it is done.</summary>
    Complete,

    /// <summary>It ended without its result.</summary>
    Failed,

    /// <summary>A person ended it.</summary>
    Cancelled,
}

/// <summary>One job of a <see cref="JobHome"/>.</summary>
/// <param name="Id">Its id (<see cref="JobIdentity"/>); also the name of its folder.</param>
/// <param name="Number">Its place in the queue, from 1; grows when it is submitted again.</param>
/// <param name="Workspace">Its folder.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Error">Why it ended, for <see cref="HomeJobState.Failed"/> and <see cref="HomeJobState.Cancelled"/>; else null.</param>
/// <param name="Submitted">When it was submitted last (UTC).</param>
/// <param name="By">Who submitted it.</param>
/// <param name="Ended">When it ended (UTC); null while it has not.</param>
public sealed record HomeJob(
    string Id, long Number, string Workspace, HomeJobState State, string? Error, DateTimeOffset Submitted, string By, DateTimeOffset? Ended);

/// <summary>What became of a submission.</summary>
/// <param name="Job">The job as it stands now.</param>
/// <param name="Accepted">It was put into the queue; false when it was there already, or is complete.</param>
/// <param name="Message">For a person.</param>
public sealed record Submission(HomeJob Job, bool Accepted, string Message);
