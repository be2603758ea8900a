using System.Globalization;
using System.Runtime.ExceptionServices;
using Ism.Collectives;
using Ism.Corpus;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Stages;

/// <summary>
/// What a rank does between the steps of a generation to keep what was reached: checkpoints (written by rank 0 in the background), the
/// policy for steps that are refused, and words about what is unusual. Belongs to the training thread.
/// </summary>
internal sealed class StageKeeping(StageLoopHost host, IStageRuntime runtime, ICollectiveGroup group, MetricsFile metrics)
{
    /// <summary>What <see cref="TuningOptions.NonFinite"/> is when a refused step ends the job.</summary>
    public const string Stop = "stop";

    private readonly TrainingStage _stage = runtime.Stage;
    private Catalogue? _catalogue;
    private int _refusedInARow;
    private long _lastBegun = -1;
    private readonly LogCopy _copy = new(host.Workspace, () => LogsOf(host.Workspace, runtime.Stage.StageId));

    /// <summary>Pauses before what must be written at the end of a stage is tried again; as many tries more.</summary>
    public IReadOnlyList<TimeSpan> RetryPauses { get; init; } =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(15)];

    /// <summary>Why the last <see cref="CheckpointNow"/> wrote nothing, on rank 0; empty: it did.</summary>
    public string CheckpointProblem { get; private set; } = "";

    private TuningOptions Tuning => host.Job.Tuning;

    private TimeSpan Slice => TimeSpan.FromSeconds(Math.Min(5, host.Job.Cluster.CollectiveSeconds / 4));

    /// <summary>A step is done; says so when its loss or gradient is unusual.</summary>
    public void Completed(StepResult result, IReadOnlyList<FetchedSample> share)
    {
        _refusedInARow = 0;
        var positions = result.Outliers.Count == 0 ? "" : string.Join(", ", share.Select(s => s.Position.Position));
        foreach (var outlier in result.Outliers)
        {
            host.Log(string.Create(
                CultureInfo.InvariantCulture,
                $"step {result.Step}: {outlier.What} {outlier.Value:G6} lies {Sigmas(outlier)} above the mean of the steps before "
                + $"({outlier.Mean:G6}, standard deviation {outlier.Deviation:G3}); positions of its samples on rank {group.Rank}: "
                + $"{positions}"));
        }
    }

    /// <summary>A step was refused on all ranks: names its samples, then goes past it or stops. Every rank calls it.</summary>
    /// <exception cref="NonFiniteLimitException">On all ranks: the settings say so, or too many were refused in a row.</exception>
    public void Refused(NonFiniteStepException refused)
    {
        _refusedInARow++;
        host.Log($"refused on all ranks: {refused.Message}. {SamplesHere(refused.Samples)}");
        var suspects = AllPositions(refused.Samples);
        if (group.Rank == 0)
        {
            metrics.Refused(refused, suspects, group.World, group.Generation);
        }

        if (Tuning.NonFinite != Stop && _refusedInARow < Tuning.NonFiniteLimit)
        {
            runtime.SkipStep();
            return;
        }

        var kept = runtime.Step > 0 && CheckpointNow() ? $" The state before it is in the checkpoint after step {runtime.Step}." : "";
        throw new NonFiniteLimitException((Tuning.NonFinite == Stop
            ? $"{refused.Message}; tuning.nonFinite is {Stop}: set it to skip to go past such steps."
            : $"{_refusedInARow} steps in a row were refused, which is tuning.nonFiniteLimit; the last: {refused.Message}.") + kept);
    }

    /// <summary>Between two steps: begins a checkpoint where one is due, without waiting for it, and tells how earlier ones ended.</summary>
    public void AtBoundary()
    {
        if (group.Rank != 0)
        {
            return;
        }

        TellEnded();
        _copy.Touch();
        if (runtime.Step % Tuning.CheckpointEvery != 0 || runtime.Step == _lastBegun)
        {
            return;
        }

        try
        {
            if (runtime.BeginCheckpoint())
            {
                _lastBegun = runtime.Step;
                return;
            }

            Warn($"the checkpoint after step {runtime.Step} is left out: the one after step {runtime.CheckpointUnderWay} is still being "
                + "written. If that comes often, raise tuning.checkpointEvery or use a faster disk");
        }
        catch (Exception problem) when (problem is not InvalidOperationException)
        {
            // A copy that does not fit into memory, or a disk that fails a runtime that writes at once.
            Warn($"the checkpoint after step {runtime.Step} could not be begun: {problem.Message}. Steps go on");
        }
    }

    /// <summary>
    /// Writes a checkpoint of the present step and returns when it is on disk, however long that takes. Every rank calls it at the same
    /// boundary. What cannot be written is told and does not end the generation.
    /// </summary>
    /// <returns>Whether it is there; the same on every rank.</returns>
    public bool CheckpointNow()
    {
        var problem = WhileOthersWait(required: false, runtime.SaveCheckpoint);
        CheckpointProblem = problem?.Message ?? "";
        if (group.Rank == 0)
        {
            TellEnded();
            if (problem is not null)
            {
                Warn(Text(runtime.Step, problem));
            }
        }

        Span<long> written = [problem is null ? 1 : 0];
        group.AllReduce(written, ReduceOp.Min);
        return written[0] == 1;
    }

    /// <summary>The end of the stage: last checkpoint and finished model. Nobody leaves before they are written: if rank 0 dies over it,
    /// the others are still there to do it. Every rank calls it.</summary>
    /// <exception cref="IOException">On rank 0: they cannot be written, not in several tries either. The others' group ends with the same
    /// reason.</exception>
    public void Finish()
    {
        _ = WhileOthersWait(required: true, cancel =>
        {
            Retried("the last checkpoint", _stage.Checkpoints, () => runtime.SaveCheckpoint(cancel), cancel);
            Retried("the finished model", _stage.Output, runtime.SaveOutput, cancel);
        });
        if (group.Rank == 0)
        {
            TellEnded();
            KeepLogs();
        }
    }

    /// <summary>Before the first step: what was logged by a rank 0 on another machine.</summary>
    public void BringLogs()
    {
        if (group.Rank == 0)
        {
            TryLogs("fetched", () => host.Workspace.BringLog(Workspace.Metrics));
        }
    }

    // Before the stage counts as ended: the report is made of them.
    private void KeepLogs() => TryLogs("sent", _copy.Flush);

    private void TryLogs(string what, Action act)
    {
        try
        {
            act();
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException)
        {
            Warn($"logs were not {what}: {problem.Message}");
        }
    }

    private static IEnumerable<string> LogsOf(Workspace workspace, string stage)
    {
        var boards = $"{Workspace.TensorBoard}/{stage}";
        return Directory.Exists(workspace.At(boards))
            ? [Workspace.Metrics, .. Directory.EnumerateFiles(workspace.At(boards)).Select(f => $"{boards}/{Path.GetFileName(f)}")]
            : [Workspace.Metrics];
    }

    // Rank 0 writes, which takes as long as the disk takes; the ranks ask each other meanwhile, so that no deadline is missed by it.
    // What cannot be written but is required ends the group for all; else it is returned on rank 0.
    private Exception? WhileOthersWait(bool required, Action<CancellationToken> write)
    {
        if (group.Rank != 0)
        {
            Agree(() => true);
            return null;
        }

        using var cancel = new CancellationTokenSource();
        var writing = Task.Run(() => write(cancel.Token));
        try
        {
            Agree(() =>
            {
                var ended = ((IAsyncResult)writing).AsyncWaitHandle.WaitOne(Slice);
                if (ended && required && writing.Exception?.InnerException is { } problem)
                {
                    group.Abort($"rank 0 could not write: {problem.Message}");
                    ExceptionDispatchInfo.Throw(problem);
                }

                return ended;
            });
            return writing.Exception?.InnerException;
        }
        finally
        {
            // A member was lost meanwhile: the next generation changes the state, so nobody may be reading it then.
            cancel.Cancel();
            ((IAsyncResult)writing).AsyncWaitHandle.WaitOne();
        }
    }

    private void Agree(Func<bool> isDone)
    {
        Span<long> done = [0];
        while (done[0] == 0)
        {
            done[0] = isDone() ? 1 : 0;
            group.AllReduce(done, ReduceOp.Min);
        }
    }

    private void Retried(string what, string folder, Action write, CancellationToken cancel)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                write();
                return;
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                if (tries == RetryPauses.Count)
                {
                    throw new IOException($"{_stage.StageId} is done, but {what} could not be written into "
                        + $"{host.Workspace.At(folder)} in {tries + 1} tries: {problem.Message}. Make room or the folder writable, and "
                        + "start the job again: it goes on from the newest checkpoint there is", problem);
                }

                host.Log($"{what} could not be written: {problem.Message}; tried again in {RetryPauses[tries].TotalSeconds:F0} s");
                _ = cancel.WaitHandle.WaitOne(RetryPauses[tries]);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private void TellEnded()
    {
        while (runtime.TakeEndedCheckpoint() is { } ended)
        {
            var problem = ended.Problem is OperationCanceledException ? null : ended.Problem;
            var text = problem is null ? null : Text(ended.Step, problem);
            metrics.Checkpoint(ended, text);
            if (text is not null)
            {
                Warn(text);
            }

            foreach (var note in ended.Saved?.Notes ?? [])
            {
                Warn(note);
            }
        }
    }

    private string Text(long step, Exception problem) =>
        $"the checkpoint after step {step} could not be written into {host.Workspace.At(_stage.Checkpoints)}: {problem.Message}. Steps go on "
        + "and the next checkpoint is tried; make room there (tuning.keepCheckpoints), or make the folder writable";

    private void Warn(string text)
    {
        host.Log(text);
        host.Report(new TrainerNotice(group.Generation, _stage.StageId, runtime.Step, text));
    }

    private string SamplesHere(IReadOnlyList<SuspectSample> samples) => samples.Count == 0
        ? $"None of rank {group.Rank}'s samples is suspected"
        : $"Samples of rank {group.Rank} in what was not finite: " + string.Join("; ", samples.Select(s =>
            $"position {s.Position} ({NameOf(s.Position)}){(s.Reason.Length > 0 ? $", {s.Reason}" : "")}"));

    private string NameOf(long position)
    {
        try
        {
            _catalogue ??= Catalogue.Open(host.Workspace.At(Workspace.Catalogues, _stage.Catalogue));
            return _catalogue.EntryOf(position).DisplayName;
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return "name not known";
        }
    }

    // The suspects of all ranks, by position; the same on every rank.
    private long[] AllPositions(IReadOnlyList<SuspectSample> here)
    {
        var counts = group.AllGather<long>([here.Count]);
        var longest = (int)counts.Max();
        if (longest == 0)
        {
            return [];
        }

        var all = group.AllGather<long>([.. here.Select(s => s.Position), .. Enumerable.Repeat(-1L, longest - here.Count)]);
        return [.. all.Where(position => position >= 0).Distinct().Order()];
    }

    private static string Sigmas(Outlier outlier) => outlier.Deviation > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{(outlier.Value - outlier.Mean) / outlier.Deviation:F1} standard deviations")
        : "far";
}

/// <summary>Refused steps end the job: the settings say so.</summary>
public sealed class NonFiniteLimitException(string message) : Exception(message);
