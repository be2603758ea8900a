using System.Runtime.InteropServices;

namespace Ism.Collectives.Nccl;

/// <summary>What an NCCL call returns: ncclResult_t.</summary>
internal enum NcclResult
{
    Success = 0,
    UnhandledCudaError = 1,
    SystemError = 2,
    InternalError = 3,
    InvalidArgument = 4,
    InvalidUsage = 5,
    RemoteError = 6,
    InProgress = 7,
    Timeout = 8,
}

/// <summary>ncclUniqueId: made by rank 0, passed by value by all.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NcclUniqueId
{
    public const int Size = 128;

    public fixed byte Bytes[Size];
}

/// <summary>
/// ncclConfig_t as of NCCL 2.27 on 64-bit systems. The library copies as many bytes as both it and <c>size</c> know, so older and
/// newer ones take it too. Fields not set keep the library's own choice.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = ExpectedSize)]
internal struct NcclConfig
{
    public const int ExpectedSize = 72;
    private const uint ExpectedMagic = 0xcafebeef;
    private const int Version2275 = 22_705;
    private const int Undefined = int.MinValue;

    [FieldOffset(0)]
    public nuint Size;
    [FieldOffset(8)]
    public uint Magic;
    [FieldOffset(12)]
    public uint Version;
    [FieldOffset(16)]
    public int Blocking;
    [FieldOffset(20)]
    public int CgaClusterSize;
    [FieldOffset(24)]
    public int MinCtas;
    [FieldOffset(28)]
    public int MaxCtas;
    [FieldOffset(32)]
    public nint NetName;
    [FieldOffset(40)]
    public int SplitShare;
    [FieldOffset(44)]
    public int TrafficClass;
    [FieldOffset(48)]
    public nint CommName;
    [FieldOffset(56)]
    public int CollnetEnable;
    [FieldOffset(60)]
    public int CtaPolicy;
    [FieldOffset(64)]
    public int ShrinkShare;
    [FieldOffset(68)]
    public int NvlsCtas;

    /// <summary>No call on the communicator waits; its state is asked for instead.</summary>
    public static NcclConfig NonBlocking => new()
    {
        Size = ExpectedSize,
        Magic = ExpectedMagic,
        Version = Version2275,
        Blocking = 0,
        CgaClusterSize = Undefined,
        MinCtas = Undefined,
        MaxCtas = Undefined,
        SplitShare = Undefined,
        TrafficClass = Undefined,
        CollnetEnable = Undefined,
        CtaPolicy = Undefined,
        ShrinkShare = Undefined,
        NvlsCtas = Undefined,
    };
}
