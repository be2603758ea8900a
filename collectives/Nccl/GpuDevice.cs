namespace Ism.Collectives.Nccl;

/// <summary>A GPU.</summary>
/// <param name="Index">Number of the device.</param>
/// <param name="Name">Name of the product.</param>
/// <param name="Bytes">Memory.</param>
/// <param name="Capability">Compute capability, e.g. "9.0"; empty where the vendor has none.</param>
public sealed record GpuDevice(int Index, string Name, long Bytes, string Capability);
