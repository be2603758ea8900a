namespace Ism.Models.Training;

/// <summary>
/// The learning rate of each update: a linear warm-up from 0, then half a cosine down to 0. Update t (0-based) has
/// base t / warm for t below warm, else base (1 + cos(pi (t - warm) / (total - warm))) / 2; from total on it is 0.
/// </summary>
public sealed record CosineSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <exception cref="ArgumentException">A number is negative, or the warm-up is longer than the whole.</exception>
    public CosineSchedule(double baseRate, long warmupSteps, long totalSteps)
    {
        if (!(baseRate >= 0) || warmupSteps < 0 || totalSteps < warmupSteps)
        {
            throw new ArgumentException(
                $"learning rate {baseRate} with {warmupSteps} warm-up steps of {totalSteps}: the rate and the steps must not be "
                + "negative, and the warm-up not longer than the run (fewer warmupEpochs, or more epochs)");
        }

        (BaseRate, WarmupSteps, TotalSteps) = (baseRate, warmupSteps, totalSteps);
    }

    /// <summary>The peak, reached when the warm-up ends.</summary>
    public double BaseRate { get; }

    /// <summary>Updates of the warm-up.</summary>
    public long WarmupSteps { get; }

    /// <summary>Updates of the whole run.</summary>
    public long TotalSteps { get; }

    /// <summary>Learning rate of update <paramref name="step"/>, 0-based.</summary>
    public double At(long step) =>
        step < WarmupSteps ? BaseRate * step / WarmupSteps
        : step >= TotalSteps ? 0
        : 0.5 * BaseRate * (1 + Math.Cos(Math.PI * (step - WarmupSteps) / (TotalSteps - WarmupSteps)));
}
