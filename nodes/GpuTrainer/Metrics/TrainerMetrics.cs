using System.Diagnostics.Metrics;
using Ism.Cluster.Telemetry;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Training;

namespace Ism.GpuTrainer.Metrics;

/// <summary>
/// What a trainer counts. What belongs to one rank (steps, seconds) each rank tells; what is the same on all of them (tokens, loss, learning
/// rate) rank 0 alone, so that a sum over trainers is right. Thread-safe.
/// </summary>
public static class TrainerMetrics
{
    private const string Phase = "phase";

    private static readonly Counter<long> Steps = Instruments.Counter<long>("ism.training.steps", "", "Steps completed by this rank.");

    private static readonly Counter<long> Tokens = Instruments.Counter<long>(
        "ism.training.tokens", "", "Useful residues (atoms for the autoencoder) of completed global batches; rank 0 counts.");

    private static readonly Counter<long> RefusedSteps = Instruments.Counter<long>(
        "ism.training.refused", "", "Steps that all ranks refused because something in them was not finite; rank 0 counts.");

    private static readonly Counter<long> Outliers = Instruments.Counter<long>(
        "ism.training.outliers", "", "Steps whose loss or gradient norm lay far above those before; rank 0 counts.");

    private static readonly Counter<double> Waiting = Instruments.Counter<double>(
        "ism.training.waiting", Instruments.Seconds, "Time this rank waited for samples.");

    private static readonly Counter<double> Phases = Instruments.Counter<double>(
        "ism.training.phase", Instruments.Seconds,
        "Time of this rank's steps by phase; reduce is the wait for gradients of the others, counts that for the slowest rank.",
        Phase, "collate", "counts", "forward", "backward", "reduce", "update");

    private static readonly Histogram<double> StepSeconds = Instruments.Meter.CreateHistogram(
        "ism.training.step.duration", Instruments.Seconds, "Time of a step on this rank, without waiting for samples.", null, Instruments.Durations);

    private static volatile Place? _place;

    static TrainerMetrics()
    {
        Instruments.Gauge("ism.training.rank", "", "Rank of this trainer; none outside a generation.", () => _place?.Rank);
        Instruments.Gauge("ism.training.world", "", "Ranks of the present generation.", () => _place?.World);
        Instruments.Gauge("ism.training.generation", "", "Number of the present generation.", () => _place?.Generation);
        Instruments.Gauge("ism.training.step", "", "Completed steps of the stage; rank 0 tells.", () => First?.Result.Step + 1);
        Instruments.Gauge("ism.training.loss", "", "Loss of the last step, its sum and its terms; rank 0 tells.", Losses);
        Instruments.Gauge(
            "ism.training.gradient.norm", "", "Gradient norm of the last step before clipping; rank 0 tells.", () => First?.Result.GradientNorm);
        Instruments.Gauge("ism.training.learning_rate", "", "Learning rate of the last step; rank 0 tells.", () => First?.Result.LearningRate);
        Instruments.Gauge(
            "ism.training.waiting.ratio", Instruments.Share, "Share of the last step that this rank waited for samples.", () => _place?.Last?.Waiting);
        Instruments.Gauge(
            "ism.training.peak.ratio", Instruments.Share,
            "Share of the device's peak that useful floating point operations of the last step were; where the peak is known.",
            () => _place?.Last?.PeakShare);
    }

    private sealed record Place(int Rank, int World, long Generation)
    {
        public CompletedStep? Last { get; init; }
    }

    private static CompletedStep? First => _place is { Rank: 0, Last: { } last } ? last : null;

    /// <summary>Makes the instruments known; without it they are when they are first used.</summary>
    public static void Begin() => Leave();

    /// <summary>This process is a rank of a generation.</summary>
    internal static void Enter(int rank, int world, long generation) => _place = new Place(rank, world, generation);

    /// <summary>It is in none any more.</summary>
    internal static void Leave() => _place = null;

    /// <summary>A completed step.</summary>
    internal static void Completed(CompletedStep step, int rank, double waited)
    {
        _place = new Place(rank, step.World, step.Generation) { Last = step };
        var timings = step.Result.Timings;
        Steps.Add(1);
        Waiting.Add(waited);
        StepSeconds.Record(timings.Total);
        foreach (var (phase, seconds) in PhasesOf(timings))
        {
            Phases.Add(seconds, new KeyValuePair<string, object?>(Phase, phase));
        }

        if (rank == 0)
        {
            Tokens.Add(step.Result.UsefulTokens);
            Outliers.Add(step.Result.Outliers.Count > 0 ? 1 : 0);
        }
    }

    /// <summary>A step that was refused on all ranks; told by rank 0.</summary>
    internal static void Refused() => RefusedSteps.Add(1);

    /// <summary>Phases of a step, in their order.</summary>
    internal static IEnumerable<(string Phase, double Seconds)> PhasesOf(StepTimings timings) =>
    [
        ("collate", timings.Collate), ("counts", timings.Counts), ("forward", timings.Forward), ("backward", timings.Backward),
        ("reduce", timings.Reduce), ("update", timings.Clip + timings.Optimizer),
    ];

    private static IEnumerable<Measurement<double>> Losses()
    {
        if (First is not { Result: var result })
        {
            return [];
        }

        var terms = result.Terms.Zip(result.Losses, (term, loss) => (term, loss)).Where(t => t.loss is not null);
        return [Loss("total", result.TotalLoss), .. terms.Select(t => Loss(t.term, t.loss!.Value))];
    }

    private static Measurement<double> Loss(string term, double value) => new(value, new KeyValuePair<string, object?>("term", term));
}
