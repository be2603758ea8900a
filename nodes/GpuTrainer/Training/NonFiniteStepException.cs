namespace Ism.GpuTrainer.Training;

/// <summary>A sample that may have made a step not finite.</summary>
/// <param name="Position">Its position in the catalogue.</param>
/// <param name="DrawKey">Key of the visit: decides chain, crop and masks.</param>
/// <param name="Reason">Why it is suspected, where that is known of this sample alone; else empty.</param>
public sealed record SuspectSample(long Position, ulong DrawKey, string Reason = "");

/// <summary>
/// An input, a loss or the gradient of a step is NaN or infinite. Thrown by every rank alike, before weights, moments or the step number
/// changed; <see cref="DataParallelTrainer{TSample}.SkipStep"/> goes past it.
/// </summary>
public sealed class NonFiniteStepException : Exception
{
    /// <summary><see cref="What"/> of a step refused for its input.</summary>
    public const string Input = "input";

    /// <summary>Makes the exception.</summary>
    public NonFiniteStepException(long step, string what, double value, IReadOnlyList<int> ranks)
        : base(what == Input
            ? $"step {step}: samples {Where(ranks)} hold values that are not finite or cannot be read; weights are unchanged"
            : $"step {step}: {what} is {value} {Where(ranks)}; weights are unchanged. A lower learning rate or clip norm may help; "
                + "if it comes with the first steps, check the weights the run starts from")
    {
        (Step, What, Value, Ranks) = (step, what, value, ranks);
    }

    /// <summary>The step, 0-based.</summary>
    public long Step { get; }

    /// <summary><see cref="Input"/>, "loss NAME" or "gradient norm".</summary>
    public string What { get; }

    /// <summary>The value found.</summary>
    public double Value { get; }

    /// <summary>The ranks on which a micro-batch alone is not finite; empty when only the sum over all is.</summary>
    public IReadOnlyList<int> Ranks { get; }

    /// <summary>Places, in this rank's share, of the samples of the micro-batches that are not finite.</summary>
    public IReadOnlyList<int> Places { get; init; } = [];

    /// <summary>The same samples by catalogue position, where the caller of the trainer knows them.</summary>
    public IReadOnlyList<SuspectSample> Samples { get; internal set; } = [];

    private static string Where(IReadOnlyList<int> ranks) => ranks.Count switch
    {
        0 => "in the sum over all micro-batches and ranks, in none of them alone",
        1 => $"on rank {ranks[0]}",
        _ => $"on ranks {string.Join(", ", ranks)}",
    };
}
