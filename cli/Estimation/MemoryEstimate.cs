using Ism.GpuTrainer.Training;

namespace Ism.Cli.Estimation;

/// <summary>Memory of one rank in float32: what is kept for every parameter, what is left of the measured peak, and the heap's
/// holes.</summary>
public sealed record MemoryEstimate
{
    private const int Float = 4;

    /// <summary>Weights, 4 bytes a parameter.</summary>
    public required long Weights { get; init; }

    /// <summary>Gradients, 4 bytes a parameter.</summary>
    public required long Gradients { get; init; }

    /// <summary>Both moments, 8 bytes a parameter.</summary>
    public required long Moments { get; init; }

    /// <summary>The copy of weights and moments that rank 0 makes for checkpoints in the background, 12 bytes a parameter.</summary>
    public required long CheckpointCopy { get; init; }

    /// <summary>The process before it has a model.</summary>
    public required long Runtime { get; init; }

    /// <summary>The rest of the peak: activations, and what allocators hold.</summary>
    public required long Activations { get; init; }

    /// <summary>Holes of the heap: what a trainer lets its memory grow by, beyond what its first steps needed, before it gives pages back
    /// (<see cref="ResidentBound"/>). A run of minutes gets there; a measurement of a few steps does not.</summary>
    public required long Holes { get; init; }

    /// <summary>All of it: rank 0, which needs most.</summary>
    public long Total => Weights + Gradients + Moments + CheckpointCopy + Runtime + Activations + Holes;

    /// <summary>The least that a rank needs for a model, activations not counted.</summary>
    public static long LeastBytes(long parameters) => 4 * Float * parameters;

    /// <summary>Breaks a measured peak down. Where the largest micro-batch of the job is larger than that measured, each token more takes as
    /// much as each took from the small ones that came first to the largest measured.</summary>
    /// <param name="tuning">The stage as rank 0 did it.</param>
    /// <param name="runtime">The process before it had a model.</param>
    public static MemoryEstimate Of(StageReading tuning, long runtime)
    {
        var parameters = tuning.Parameters;
        var copy = tuning.CopiesState ? 3 * Float * parameters : 0;
        var rest = Math.Max(0, tuning.PeakBytes - runtime - LeastBytes(parameters) - copy);
        var more = Math.Max(0, tuning.WholeLargestTokens - tuning.LargestTokens);
        var each = Math.Max(0, tuning.PeakBytes - copy - tuning.ProbeBytes) / (double)Math.Max(1, tuning.LargestTokens - tuning.ProbeTokens);
        var activations = rest + (long)(each * more);
        var needed = LeastBytes(parameters) + copy + runtime + activations;
        return new MemoryEstimate
        {
            Weights = Float * parameters,
            Gradients = Float * parameters,
            Moments = 2 * Float * parameters,
            CheckpointCopy = copy,
            Runtime = runtime,
            Activations = activations,
            Holes = ResidentBound.Bound(needed) - needed,
        };
    }
}
