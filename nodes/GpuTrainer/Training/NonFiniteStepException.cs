namespace Ism.GpuTrainer.Training;

/// <summary>
/// A loss or the gradient of a step is NaN or infinite. Thrown by every rank alike, before weights, moments or the step number
/// changed; <see cref="DataParallelTrainer{TSample}.SkipStep"/> goes past it.
/// </summary>
public sealed class NonFiniteStepException : Exception
{
    /// <summary>Makes the exception.</summary>
    public NonFiniteStepException(long step, string what, double value)
        : base($"step {step}: {what} is {value}; weights are unchanged. A lower learning rate or clip norm may help; if it comes "
            + "with the first steps, check the weights the run starts from")
    {
        (Step, What, Value) = (step, what, value);
    }

    /// <summary>The step, 0-based.</summary>
    public long Step { get; }

    /// <summary>"loss NAME" or "gradient norm".</summary>
    public string What { get; }

    /// <summary>The value found.</summary>
    public double Value { get; }
}
