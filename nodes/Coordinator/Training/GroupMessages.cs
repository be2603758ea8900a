using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>Parent to group: run this stage; answered by <see cref="StageEnded"/>.</summary>
public sealed record RunStage(TrainingStage Stage);

/// <summary>Parent to group: end the generation at a step boundary and form none until <see cref="ResumeGroup"/>. Trainers keep the
/// state in memory. Answered by <see cref="GroupPaused"/> when a stage was running.</summary>
public sealed record PauseGroup;

/// <summary>Parent to group: go on.</summary>
public sealed record ResumeGroup;

/// <summary>Parent to group: write a checkpoint at the next step boundary; answered by <see cref="CheckpointWritten"/>.</summary>
public sealed record RequestCheckpoint;

/// <summary>Group to parent: the stage is over. <paramref name="Error"/> is null when all its steps are done.</summary>
public sealed record StageEnded(string StageId, long Step, string? Error);

/// <summary>Group to parent: who trains, after each change.</summary>
public sealed record GenerationChanged(long Generation, string StageId, IReadOnlyList<string> Members, string Why);

/// <summary>Group to parent: no trainer can go on; the stage waits for trainers.</summary>
public sealed record GroupWaiting(string StageId, string Why);

/// <summary>Group to parent: something failed on one trainer; the others go on, and it may try again.</summary>
public sealed record TrainerFailed(string StageId, string NodeId, string Reason);

/// <summary>Group to parent: the last generation is over and none is formed.</summary>
public sealed record GroupPaused(string StageId, string How);

/// <summary>Group to parent: the checkpoint after <paramref name="Step"/> steps is written, or, with an error, none is.</summary>
public sealed record CheckpointWritten(long Step, string? Error);
