namespace Ism.Collectives.Nccl;

/// <summary>What differs between the vendors: devices, the thread's current device, versions, words for errors.</summary>
internal interface IGpuContext
{
    string VersionText { get; }

    IReadOnlyList<GpuDevice> Devices { get; }

    void Use(int device);

    string Explain(int result);
}
