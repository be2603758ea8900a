using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>
/// Writes checkpoints while steps go on: a copy of the state is taken between two steps, and a thread writes it. One at a time; who comes
/// while one is being written is turned away and never waits. Called by the training thread, except where said.
/// </summary>
public sealed class BackgroundCheckpoints(CheckpointStore store) : IDisposable
{
    private readonly HostSnapshot _snapshot = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentQueue<CheckpointOutcome> _ended = [];
    private Task _writing = Task.CompletedTask;
    private long _writingStep = -1;
    private (long Step, RunIdentity? Run) _last = (-1, null);

    /// <summary>The step of the checkpoint being written; null when none is.</summary>
    public long? UnderWay => _writing.IsCompleted ? null : _writingStep;

    /// <summary>Copies the state and begins to write it; false, and nothing done, when one is still being written.</summary>
    /// <exception cref="InvalidOperationException">The state is incomplete.</exception>
    public bool TryBegin(TrainingState state, RunIdentity run)
    {
        if (!_writing.IsCompleted)
        {
            return false;
        }

        var image = _snapshot.Take(state, run);
        _writingStep = image.Step;
        _writing = Task.Factory.StartNew(
            () => Write(image), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return true;
    }

    /// <summary>A write that has ended since the last call, the oldest first; null when there is none.</summary>
    public CheckpointOutcome? TakeEnded() => _ended.TryDequeue(out var outcome) ? outcome : null;

    /// <summary>Waits until none is being written.</summary>
    public void WaitIdle() => _writing.Wait();

    /// <summary>Returns when a checkpoint of this very state is on disk: waits for one that is being written, and writes another one if
    /// that is not of this step. For any thread, while the training thread does not touch the state.</summary>
    /// <exception cref="IOException">As <see cref="CheckpointStore.Save(TrainingState, RunIdentity)"/>.</exception>
    /// <exception cref="OperationCanceledException">It is not wanted any more.</exception>
    public void SaveNow(TrainingState state, RunIdentity run, CancellationToken cancel)
    {
        _writing.Wait(cancel);
        if (_last != (state.Step, run))
        {
            _ = store.Save(CheckpointImage.Of(state, run), cancel);
            _last = (state.Step, run);
        }
    }

    /// <summary>Gives up what is being written; does not wait for the disk.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _ = _writing.ContinueWith(_ => _snapshot.Dispose(), TaskScheduler.Default);
    }

    private void Write(CheckpointImage image)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var saved = store.Save(image, _closing.Token);
            _last = (image.Step, image.Run);
            _ended.Enqueue(new(image.Step, saved, null, clock.Elapsed.TotalSeconds));
        }
        catch (Exception problem)
        {
            // Whatever it is (a disk, memory): the steps go on, and whoever asks is told.
            _ended.Enqueue(new(image.Step, null, problem, clock.Elapsed.TotalSeconds));
        }
    }
}
