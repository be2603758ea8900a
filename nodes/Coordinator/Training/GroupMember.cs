using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>A generation that steps, or did until members left it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Group">GUID of its ring.</param>
/// <param name="Members">Node ids by rank.</param>
internal sealed record StartedGeneration(long Number, string Group, IReadOnlyList<string> Members)
{
    /// <summary>Members that are known to have left it.</summary>
    public HashSet<string> Out { get; } = [];

    /// <summary>Whether a member may still be in it.</summary>
    public bool Holds(string nodeId) => Members.Contains(nodeId) && !Out.Contains(nodeId);
}

/// <summary>A known trainer, as <see cref="GroupState"/> sees it.</summary>
internal sealed class GroupMember(string nodeId)
{
    public string NodeId => nodeId;

    /// <summary>A peer lost it; a sign of life ends that.</summary>
    public bool Lost { get; set; }

    /// <summary>The cluster cannot reach it.</summary>
    public bool Unreachable { get; set; }

    /// <summary>It was asked to leave.</summary>
    public bool Leaving { get; set; }

    /// <summary>Times in a row it did not answer.</summary>
    public int LeftOut { get; set; }

    /// <summary>Not waited for before, because it did not answer.</summary>
    public DateTime NotBefore { get; set; }

    /// <summary>What it said of itself last.</summary>
    public RegisterTrainer? Card { get; set; }

    /// <summary>The stage that <see cref="Step"/> is of.</summary>
    public string StageId { get; set; } = "";

    /// <summary>Last completed step in its memory; -1: none of use.</summary>
    public long Step { get; set; } = -1;

    public bool Suspect => Lost || Unreachable;

    /// <summary>Can be expected to answer.</summary>
    public bool Usable(DateTime now) => !Suspect && !Leaving && now >= NotBefore;

    /// <summary>Whether it said that it runs a generation of this stage.</summary>
    public bool Runs(string stageId) => Card is { Running: >= 0 } card && card.StageId == stageId;
}

/// <summary>A member whose answer is waited for.</summary>
internal sealed class AwaitedMember
{
    public required DateTime Deadline { get; set; }

    /// <summary>It was told to leave at once; false: at the next boundary.</summary>
    public required bool AtOnce { get; set; }

    public required DateTime RepeatAt { get; set; }

    /// <summary>What it said it is doing.</summary>
    public string Doing { get; set; } = "";
}
