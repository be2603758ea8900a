namespace Ism.Protocol.Jobs;

/// <summary>How featurizers compute.</summary>
public sealed record FeaturizingOptions
{
    /// <summary>Value of <see cref="Precision"/>: float32.</summary>
    public const string Float32 = "fp32";

    /// <summary>Value of <see cref="Precision"/>: bfloat16.</summary>
    public const string BFloat16 = "bf16";

    /// <summary>Precision of the encoder's matrix products: "fp32", or "bf16" (somewhat faster on CPUs with avx512_bf16 or amx_bf16; over 98 %
    /// of the tokens stay the same; needs 512-bit vectors and a head width that is a multiple of 16).</summary>
    public string Precision { get; init; } = Float32;

    /// <summary>Structures that are read, cleaned and searched for microenvironments ahead of the one that the encoder is at; 0: none. Tokens do
    /// not depend on it, nor does the number of cores used (cluster.threadsPerFeaturizer).</summary>
    public int ReadAhead { get; init; } = 2;

    /// <summary>Folder in which token files are kept for other jobs with the same structures, encoder and codebook, and are looked for before a
    /// chunk is tokenised. Every featurizer should reach it. Empty: none.</summary>
    public string Cache { get; init; } = "";
}
