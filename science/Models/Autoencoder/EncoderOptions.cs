namespace Ism.Models.Autoencoder;

/// <summary>Precision of the encoder's matrix products; everything between them is float32.</summary>
public enum EncoderPrecision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16: faster by a tenth to a third where the CPU has it (avx512_bf16, amx_bf16), slower where it has not; over 98 %
    /// of tokens stay the same.</summary>
    BFloat16,
}

/// <summary>How an <see cref="EnvironmentEncoder"/> computes.</summary>
public sealed record EncoderOptions
{
    /// <summary>float32, on as many threads as torch has; by the fused kernels where they fit.</summary>
    public static EncoderOptions Default { get; } = new();

    /// <summary>Precision of the matrix products.</summary>
    public EncoderPrecision Precision { get; init; }

    /// <summary>Threads that compute; 0: as many as torch has. What is computed does not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>The cores that the fused kernels' threads share with others; null: nobody else computes.</summary>
    public CoreShare? Cores { get; init; }

    /// <summary>False: through torch also where the fused kernels fit.</summary>
    public bool Fused { get; init; } = true;
}
