using System.Diagnostics;
using Ism.Collectives;
using Ism.Coordinator.Jobs;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Training;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Cli.Estimation;

/// <summary>A few steps, an evaluation and a checkpoint of one stage on one rank, with the runtime of a real trainer. All ranks agree on
/// how much is done, since a step is one of all of them.</summary>
/// <param name="workspace">The scratch workspace.</param>
/// <param name="job">The job.</param>
/// <param name="stage">The stage.</param>
/// <param name="group">The ranks that are measured together.</param>
/// <param name="trainers">Trainers of the job.</param>
/// <param name="seconds">Seconds for the steps, about.</param>
public sealed class StageRehearsal(
    Workspace workspace, JobOptions job, TrainingStage stage, ICollectiveGroup group, int trainers, double seconds)
{
    private const int MostSteps = 400;
    private const int FewestSteps = 2;
    private const int Probe = 4;
    private const double ProbeShare = 8;

    // Batches among which the heaviest share is looked for.
    private const long MostBatches = 400;
    private const long FewBatches = 10;

    // Schedules are asked for steps that a job of few steps has not.
    private const long LongestSchedule = 10_000;

    // What is larger is worked out instead of written.
    private const long LargestWritten = 1L << 30;
    private const int StateBytes = 12;
    private const int WeightBytes = 4;

    /// <summary>Does it.</summary>
    public StageReading Run()
    {
        using var samples = new RehearsalSamples(workspace, job, stage);
        var clock = Stopwatch.StartNew();
        using var runtime = StageRuntimes.Create(WithFeatures() with { TotalSteps = Math.Max(stage.TotalSteps, LongestSchedule) }, job, workspace);
        samples.Cost = stage.Samples == SampleKind.Tokens ? runtime.Cost : null;
        runtime.Join(group);
        var built = clock.Elapsed.TotalSeconds;
        var whole = JobSizes.ShareOf(stage.GlobalBatch, trainers);
        // What is very large is measured on one sample at a time.
        var probe = (int)Math.Clamp(seconds / ProbeShare / Agree(Passes(Step(1))), 1, Math.Min(Probe, whole));
        var probed = Step(probe);
        var probeBytes = ProcessMemory.Now();
        var each = Agree(Passes(probed) / probe);
        var share = (int)Math.Clamp(seconds / (FewestSteps + 2) / each, 1, whole);
        if (share > probe)
        {
            // The first step of a size asks for memory that later ones have.
            Step(share);
        }

        var steps = (int)Math.Clamp(seconds / (each * share), each * share > seconds ? 1 : FewestSteps, MostSteps);
        var results = Enumerable.Range(0, steps).Select(_ => Step(share)).ToList();
        var largest = Heaviest();
        ProcessMemory.FillYoungGeneration();
        var evaluated = Evaluate(share);
        var parameters = Parameters();
        return Keep(runtime, parameters, new StageReading
        {
            Stage = stage.StageId,
            Parameters = parameters,
            Samples = share,
            WholeShare = whole,
            Steps = steps,
            PassSeconds = Median(results.Select(Passes)),
            UpdateSeconds = Median(results.Select(r => r.Timings.Clip + r.Timings.Optimizer)),
            ReduceSeconds = Median(results.Select(r => r.Timings.Reduce + r.Timings.Counts)),
            ProbeBytes = probeBytes,
            ProbeTokens = probed.UsefulTokens / group.World,
            LargestTokens = largest.Measured,
            WholeLargestTokens = largest.Whole,
            TokensPerSample = results.Average(r => (double)r.UsefulTokens / r.Samples),
            ServeSeconds = samples.Seconds / samples.Made,
            ReadSeconds = samples.ReadSeconds,
            EvaluateSeconds = evaluated,
            BuildSeconds = built,
        });

        StepResult Step(int count) => runtime.TrainStep(samples.Next(count, group.Rank, group.World));

        // What a run comes to in some step: the memory of its largest micro-batch.
        (long Measured, long Whole) Heaviest()
        {
            if (samples.Cost is null)
            {
                return (0, 0);
            }

            var batches = Math.Clamp(stage.TotalSteps, 1, MostBatches);
            var (heaviest, tokens) = samples.Heaviest(share, group.World, batches);
            runtime.TrainStep(heaviest);
            runtime.TrainStep(heaviest);
            return (tokens, share == whole ? tokens : samples.Heaviest(whole, group.World, Math.Min(batches, FewBatches)).Tokens);
        }

        double Evaluate(int count)
        {
            if (stage.Samples != SampleKind.Tokens)
            {
                return 0;
            }

            var heldout = samples.Next(count, group.Rank, group.World);
            runtime.Evaluate(heldout);
            var evaluation = Stopwatch.StartNew();
            runtime.Evaluate(heldout);
            return evaluation.Elapsed.TotalSeconds / count;
        }
    }

    // In a run the coordinator writes the scale of the features; here every rank writes its own.
    private TrainingStage WithFeatures()
    {
        if (stage.Samples != SampleKind.Tokens || !FeatureStage.Wanted(job))
        {
            return stage;
        }

        var file = $"feature-scale-{group.Rank}.json";
        var chunks = Directory.EnumerateFiles(workspace.At(stage.Tokens), "chunk-*.arrow").Count();
        FeatureStage.Measure(workspace.At(stage.Tokens), Enumerable.Range(0, chunks), null).Scale.Save(workspace.At(file));
        return stage with { Features = file };
    }

    /// <summary>The value in the middle.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Passes(StepResult result) => result.Timings.Collate + result.Timings.Forward + result.Timings.Backward;

    private long Parameters() => stage.Objective == ObjectiveKind.StructureTuning ? ModelSizes.Parameters(job) : 0;

    private double Agree(double slowest)
    {
        Span<double> value = [slowest];
        group.AllReduce(value, ReduceOp.Max);
        return value[0];
    }

    // Rank 0 writes, as in a run.
    private StageReading Keep(IStageRuntime runtime, long parameters, StageReading reading)
    {
        var copies = stage.TotalSteps > job.Tuning.CheckpointEvery;
        if (parameters * StateBytes > LargestWritten)
        {
            return reading with
            {
                CheckpointBytes = parameters * StateBytes,
                ModelBytes = parameters * WeightBytes,
                PeakBytes = ProcessMemory.Peak() + (copies && group.Rank == 0 ? parameters * StateBytes : 0),
                CopiesState = copies,
            };
        }

        if (group.Rank == 0)
        {
            if (copies)
            {
                runtime.BeginCheckpoint();
            }

            runtime.SaveCheckpoint(CancellationToken.None);
            runtime.SaveOutput();
        }

        Agree(0);
        var newest = Directory.EnumerateDirectories(workspace.At(stage.Checkpoints)).Max();
        return reading with
        {
            CheckpointBytes = newest is null ? 0 : RehearsalWorkspace.SizeOf(newest),
            ModelBytes = RehearsalWorkspace.SizeOf(workspace.At(stage.Output)),
            PeakBytes = ProcessMemory.Peak(),
            CopiesState = copies,
        };
    }
}
