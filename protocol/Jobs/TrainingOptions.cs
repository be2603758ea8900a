namespace Ism.Protocol.Jobs;

/// <summary>How the training steps of structure-tuning are computed: none of this changes what is learnt but for rounding.</summary>
public sealed record TrainingOptions
{
    /// <summary>"fp32"; "tf32" (on CUDA, matrix products with ten bits of mantissa; elsewhere as fp32); "bf16" (transformer layers in
    /// bfloat16 from a working copy of the weights; weights, moments, sums of gradients, norms' statistics and losses stay fp32).
    /// </summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>In what gradients are added up over trainers: "fp32"; "bf16": half the bytes. Each trainer's sum is rounded to bfloat16,
    /// the ring adds two values in fp32 and rounds at each hop: an error of at most 0.4 % of the sum of magnitudes a trainer. With one
    /// trainer nothing is rounded. Whatever the precision of the layers.</summary>
    public string Reduction { get; init; } = "fp32";

    /// <summary>"none"; "blocks": a transformer layer keeps only its input and is computed again on the way back, which costs about a
    /// third more time and saves most of the memory of a micro-batch.</summary>
    public string ActivationCheckpointing { get; init; } = "none";
}
