namespace Ism.Cli.Remote;

/// <summary>What a verb talks to.</summary>
/// <param name="Urls">Addresses of APIs of one cluster, any of which will do; empty when none has left its address.</param>
/// <param name="Token">What opens them; null when none is known.</param>
/// <param name="Job">Id of the job, the beginning of one, or "current".</param>
/// <param name="Workspace">Workspace of a job that runs on this storage; null when the cluster is named otherwise.</param>
/// <param name="Authority">PEM file of the certificates that are trusted beside the system's; null for none.</param>
public sealed record ApiTarget(IReadOnlyList<Uri> Urls, string? Token, string Job, string? Workspace, string? Authority);
