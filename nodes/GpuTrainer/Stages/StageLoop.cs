using System.Diagnostics;
using Ism.Collectives;
using Ism.Corpus;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Stages;

/// <summary>What the loop of one rank needs of its node.</summary>
/// <param name="Job">The resolved job.</param>
/// <param name="Workspace">Its files.</param>
/// <param name="Fetch">Starts fetching by a plan; disposing stops it.</param>
/// <param name="Report">Takes messages for the training group (rank 0).</param>
/// <param name="Log">Takes lines for the log.</param>
public sealed record StageLoopHost(
    JobOptions Job,
    Workspace Workspace,
    Func<FetchPlan, StepBuffer, IDisposable> Fetch,
    Action<object> Report,
    Action<string> Log)
{
    /// <summary>Told what long work begins between steps (an evaluation, a checkpoint), and null when it is over.</summary>
    public Action<string?> Doing { get; init; } = _ => { };
}

/// <summary>The steps of one generation on one rank: fetch, train, keep, evaluate, and at the end write the model. Runs on the training
/// thread and returns when the stage is complete, or at the step boundary at which the ranks agreed to leave.</summary>
/// <param name="host">What it needs of its node.</param>
/// <param name="runtime">Model, optimizer and step.</param>
/// <param name="group">The ranks.</param>
/// <param name="requests">What this node wants of the next step boundary; other threads may add to it.</param>
public sealed class StageLoop(StageLoopHost host, IStageRuntime runtime, ICollectiveGroup group, BoundaryRequests? requests = null)
{
    // Featurizers may all be away for a while; that they are is said every minute.
    private static readonly TimeSpan SilenceDeadline = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan SayWaiting = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(0.5);

    // How long a rank that waits for samples takes to hear of a request: the ranks ask each other this often.
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(0.5);
    private readonly TrainingStage _stage = runtime.Stage;
    private readonly StageAgreement _agreement = new(group, requests ?? new BoundaryRequests());
    private readonly MetricsFile _metrics = new(host.Workspace.At(Workspace.Metrics), runtime.Stage) { Warn = host.Log };

    private StageWatch? _watch;

    private StageKeeping Keeping => field ??= new(host, runtime, group, _metrics);

    /// <summary>Runs to the end of the stage, or of the generation.</summary>
    /// <returns>Null when the stage is complete; else why all ranks left at a step boundary.</returns>
    /// <exception cref="CollectiveException">A member failed; the state is that of the last completed step.</exception>
    /// <exception cref="OperationCanceledException">This generation is over.</exception>
    /// <exception cref="TimeoutException">Samples did not come.</exception>
    public string? Run(CancellationToken cancel)
    {
        runtime.Join(group);
        Keeping.BringLogs();
        using var watch = _watch = new StageWatch(host, runtime, group, _metrics);
        CompleteStepLog();
        var catalogue = Catalogue.Open(host.Workspace.At(Workspace.Catalogues, _stage.Catalogue));
        var order = new SampleOrder(catalogue.Count, catalogue.ChunkSize, _stage.Seed, host.Job.Corpus.WindowChunks);
        var buffer = new StepBuffer();
        using (host.Fetch(Plan(_stage.Catalogue, _stage.Tokens, runtime.Step, _stage.TotalSteps, s => order.Step(s, _stage.GlobalBatch)), buffer))
        {
            if (Train(buffer, cancel) is { } left)
            {
                return left;
            }
        }

        host.Doing("evaluates and writes the model at the end of the stage");
        if (!Evaluates(runtime.Step))
        {
            Evaluate(cancel);
        }

        // Nobody leaves before the model is written: if rank 0 dies over it, the others are still there to do it.
        Keeping.Finish();
        host.Doing(null);
        return null;
    }

    // The rank that was to log the last step may have died between completing and logging it: the lowest that has completed it does.
    private void CompleteStepLog()
    {
        var mine = runtime.LastCompleted?.Result.Step + 1 == runtime.Step;
        Span<long> lowest = [mine ? group.Rank : group.World];
        group.AllReduce(lowest, ReduceOp.Min);
        if (lowest[0] == group.Rank)
        {
            _metrics.StepIfMissing(runtime.LastCompleted!);
        }
    }

    private string? Train(StepBuffer buffer, CancellationToken cancel)
    {
        var (reported, tokens, waited, slowest) = (Stopwatch.StartNew(), 0L, TimeSpan.Zero, TimeSpan.Zero);
        while (runtime.Step < _stage.TotalSteps)
        {
            cancel.ThrowIfCancellationRequested();
            var (share, wait, left) = AwaitSamples(buffer, runtime.Step, isBoundary: true, cancel);
            if (left is not null)
            {
                return left;
            }

            waited += wait;
            StepResult result;
            var clock = Stopwatch.StartNew();
            try
            {
                result = runtime.TrainStep(share);
                Keeping.Completed(result, share);
            }
            catch (NonFiniteStepException e)
            {
                _watch!.Refused();
                Keeping.Refused(e);
                continue;
            }

            tokens += result.UsefulTokens;
            slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
            runtime.LastCompleted = _watch!.Completed(result, wait, clock.Elapsed);
            if (group.Rank == 0 && (reported.Elapsed >= ReportEvery || runtime.Step == _stage.TotalSteps))
            {
                host.Report(new StepReport
                {
                    Generation = group.Generation,
                    StageId = _stage.StageId,
                    Step = runtime.Step,
                    Loss = result.TotalLoss,
                    TokensPerSecond = tokens / reported.Elapsed.TotalSeconds,
                    Waiting = waited / reported.Elapsed,
                    StepSeconds = slowest.TotalSeconds,
                });
                (tokens, waited, slowest) = (0, TimeSpan.Zero, TimeSpan.Zero);
                reported.Restart();
            }

            host.Doing("evaluates or writes a checkpoint");
            Keep(cancel);
            host.Doing(null);
            StepPace.Keep(clock, cancel);
        }

        return null;
    }

    // Until every rank has its samples. Ranks ask each other again and again, so that one that waits long (tokens are still being
    // made) is not taken for one that hangs, and so that all of them leave, or write a checkpoint, at the same step boundary.
    private (FetchedShare Share, TimeSpan Waited, string? Left) AwaitSamples(
        StepBuffer buffer, long step, bool isBoundary, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        FetchedShare? share = null;
        var said = TimeSpan.Zero;
        buffer.SignOfLife();
        while (true)
        {
            if (share is null && clock.Elapsed - said > SayWaiting)
            {
                said = clock.Elapsed;
                host.Report(new TrainerNotice(group.Generation, _stage.StageId, step,
                    $"rank {group.Rank} has waited {said.TotalSeconds:F0} s for samples: {buffer.WaitingFor}"));
            }

            share ??= buffer.TryTake(step, AskEvery, SilenceDeadline, cancel);
            var agreed = _agreement.Reach(share is not null, share?.Plan ?? 0);
            if (isBoundary && agreed.Checkpoint is { } request)
            {
                KeepRequested(request);
            }

            if (isBoundary && agreed.Leave is { } reason)
            {
                return (new([]), clock.Elapsed, $"left after step {runtime.Step}: {reason}");
            }

            if (share is null || !agreed.Ready)
            {
                continue;
            }

            if (agreed.OnePlan)
            {
                return (share, clock.Elapsed, null);
            }

            // A token file was made anew from other structures between two ranks' questions: by count all have the same shares.
            host.Log($"step {step}: the ranks were told other lengths of the same chunks; its samples are shared out by count");
            share = null;
            buffer.Refused?.Invoke(step);
        }
    }

    // A checkpoint somebody asked for. That it cannot be written is told, and ends nothing.
    private void KeepRequested(long request)
    {
        host.Doing("writes a checkpoint that was asked for");
        var error = Keeping.CheckpointNow() ? "" : Keeping.CheckpointProblem;
        _agreement.Checkpointed(request);
        if (group.Rank == 0)
        {
            host.Report(new GenerationCheckpointed(group.Generation, request, runtime.Step, error));
        }

        host.Doing(null);
    }

    private void Keep(CancellationToken cancel)
    {
        Keeping.AtBoundary();
        if (Evaluates(runtime.Step))
        {
            Evaluate(cancel);
        }
    }

    private bool Evaluates(long step) =>
        _stage.Heldout.Length > 0 && host.Job.Tuning.EvaluateEvery > 0 && step > 0 && step % host.Job.Tuning.EvaluateEvery == 0;

    // Every rank takes part: held-out structures are shared out like a global batch, and metrics are added up over ranks.
    private void Evaluate(CancellationToken cancel)
    {
        if (_stage.Heldout.Length == 0)
        {
            return;
        }

        var catalogue = Catalogue.Open(host.Workspace.At(Workspace.Catalogues, _stage.Heldout));
        var batches = (catalogue.Count + _stage.GlobalBatch - 1) / _stage.GlobalBatch;
        var buffer = new StepBuffer();
        var totals = new Dictionary<string, (double Sum, double Count)>();
        using (host.Fetch(Plan(_stage.Heldout, _stage.HeldoutTokens, 0, batches, s => InOrder(catalogue, s)), buffer))
        {
            for (var batch = 0L; batch < batches; batch++)
            {
                var (share, _, _) = AwaitSamples(buffer, batch, isBoundary: false, cancel);
                foreach (var metric in runtime.Evaluate(share))
                {
                    var (sum, count) = totals.GetValueOrDefault(metric.Metric);
                    totals[metric.Metric] = (sum + metric.Sum, count + metric.Count);
                }
            }
        }

        if (group.Rank == 0)
        {
            var metrics = totals.Where(t => t.Value.Count > 0).ToDictionary(t => t.Key, t => t.Value.Sum / t.Value.Count);
            _watch!.Evaluated(runtime.Step, metrics);
            host.Report(new EvaluationReport(group.Generation, _stage.StageId, runtime.Step, metrics));
        }
    }

    // Held-out structures in the catalogue's order, always with the same crops and masks.
    private List<SamplePosition> InOrder(Catalogue catalogue, long batch)
    {
        var first = batch * _stage.GlobalBatch;
        var count = (int)Math.Min(_stage.GlobalBatch, catalogue.Count - first);
        var order = new SampleOrder(catalogue.Count, catalogue.ChunkSize, _stage.Seed, 1);
        return [.. Enumerable.Range(0, count).Select(i => first + i).Select(p => new SamplePosition(
            p, 0, p, catalogue.ChunkOf(p), (int)(p - catalogue.PositionsOf(catalogue.ChunkOf(p)).First), order.DrawKey(0, p)))];
    }

    private FetchPlan Plan(string catalogue, string tokens, long first, long end, Func<long, IReadOnlyList<SamplePosition>> batch) => new()
    {
        Catalogue = catalogue,
        Kind = _stage.Samples,
        Limit = _stage.Samples == SampleKind.Tokens ? host.Job.Tuning.Crop : host.Job.Autoencoder.ResiduesPerStructure,
        Tokens = tokens,
        FirstStep = first,
        EndStep = end,
        Batch = batch,
        Rank = group.Rank,
        World = group.World,
        Cost = _stage.Samples == SampleKind.Tokens ? runtime.Cost : null,
        Prefetch = host.Job.Cluster.PrefetchSteps,
    };
}
