using Ism.Coordinator.Ledger;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// What the stages of a job ask of the cluster. The stages are plain code over this; the job's actor implements it with ledgers and
/// the training group, tests implement it in one process.
/// </summary>
public interface IJobServices
{
    /// <summary>The resolved job.</summary>
    JobOptions Job { get; }

    /// <summary>Where its files lie.</summary>
    Workspace Workspace { get; }

    /// <summary>Has the featurizers do one work over all chunks of a catalogue; returns when every chunk is committed.</summary>
    /// <exception cref="JobFailedException">The work was given up.</exception>
    Task<LedgerTotals> WorkAsync(LedgerSetup setup, Action<LedgerProgress> progress, CancellationToken cancel);

    /// <summary>Has the training group run a stage; returns when its last step is complete and its output written.</summary>
    /// <exception cref="JobFailedException">The stage failed.</exception>
    Task TrainAsync(TrainingStage stage, Action<StepReport> progress, CancellationToken cancel);

    /// <summary>Tells whoever watches the run.</summary>
    void Emit(RunEvent @event);
}

/// <summary>A job cannot go on; the message says what happened and what to change.</summary>
public sealed class JobFailedException(string message, Exception? inner = null) : Exception(message, inner);
