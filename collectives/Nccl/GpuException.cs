namespace Ism.Collectives.Nccl;

/// <summary>A call of the GPU's driver or of NCCL failed on this rank; groups turn it into a
/// <see cref="CollectiveException"/>.</summary>
public sealed class GpuException(string message) : Exception(message);
