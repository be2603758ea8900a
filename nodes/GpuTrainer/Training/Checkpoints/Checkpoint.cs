namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>What a run is of: a checkpoint continues only the run it comes from.</summary>
/// <param name="Catalogue">Id of the catalogue whose order the steps follow.</param>
/// <param name="Objective">Name of the objective.</param>
/// <param name="Seed">The job's seed.</param>
public sealed record RunIdentity(string Catalogue, string Objective, long Seed);

/// <summary>A checkpoint whose files were all found as they were written.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Step">Steps completed.</param>
/// <param name="Updates">Updates of the optimizer; fewer than steps when steps were empty or skipped.</param>
/// <param name="Run">The run it belongs to.</param>
public sealed record Checkpoint(string Folder, long Step, long Updates, RunIdentity Run);

/// <summary>A checkpoint that is not used, and why.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Reason">For a person.</param>
public sealed record RejectedCheckpoint(string Folder, string Reason);

/// <summary>A checkpoint that was written.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Step">Steps completed.</param>
/// <param name="Bytes">Size of its files.</param>
/// <param name="WasThere">Another process had put a good one there first; this one was dropped.</param>
/// <param name="Notes">Old ones that could not be deleted: the checkpoint is good all the same.</param>
public sealed record SavedCheckpoint(string Folder, long Step, long Bytes, bool WasThere, IReadOnlyList<string> Notes);

/// <summary>How a write in the background ended.</summary>
/// <param name="Step">Steps completed in the state that was written.</param>
/// <param name="Saved">The checkpoint; null when it could not be written.</param>
/// <param name="Problem">Why not; null when it was.</param>
/// <param name="Seconds">How long the disk took.</param>
public sealed record CheckpointOutcome(long Step, SavedCheckpoint? Saved, Exception? Problem, double Seconds);
