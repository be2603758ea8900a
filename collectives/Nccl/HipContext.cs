using System.Runtime.InteropServices;

namespace Ism.Collectives.Nccl;

/// <summary>AMD's HIP, of ROCm 6 and newer.</summary>
internal sealed unsafe class HipContext : IGpuContext
{
    private readonly delegate* unmanaged[Cdecl]<int*, int> _version;
    private readonly delegate* unmanaged[Cdecl]<int*, int> _count;
    private readonly delegate* unmanaged[Cdecl]<byte*, int, int, int> _name;
    private readonly delegate* unmanaged[Cdecl]<nuint*, int, int> _memory;
    private readonly delegate* unmanaged[Cdecl]<int, int> _set;
    private readonly delegate* unmanaged[Cdecl]<int, nint> _errorName;

    public HipContext(NativeExports exports)
    {
        _errorName = (delegate* unmanaged[Cdecl]<int, nint>)exports.Of("hipGetErrorName");
        _version = (delegate* unmanaged[Cdecl]<int*, int>)exports.Of("hipRuntimeGetVersion");
        _count = (delegate* unmanaged[Cdecl]<int*, int>)exports.Of("hipGetDeviceCount");
        _name = (delegate* unmanaged[Cdecl]<byte*, int, int, int>)exports.Of("hipDeviceGetName");
        _memory = (delegate* unmanaged[Cdecl]<nuint*, int, int>)exports.Of("hipDeviceTotalMem");
        _set = (delegate* unmanaged[Cdecl]<int, int>)exports.Of("hipSetDevice");
        Require(((delegate* unmanaged[Cdecl]<uint, int>)exports.Of("hipInit"))(0), "starting HIP (hipInit)");
    }

    public string VersionText
    {
        get
        {
            int version;
            return _version(&version) == 0 ? $"{version / 10_000_000}.{version / 100_000 % 100}" : "unknown";
        }
    }

    public IReadOnlyList<GpuDevice> Devices
    {
        get
        {
            int count;
            Require(_count(&count), "counting devices");
            return [.. Enumerable.Range(0, count).Select(Describe)];
        }
    }

    public void Use(int device) => Require(_set(device), $"using device {device}");

    public string Explain(int result) => $"{Marshal.PtrToStringUTF8(_errorName(result))} ({result})";

    private GpuDevice Describe(int index)
    {
        var name = stackalloc byte[128];
        nuint bytes;
        Require(_name(name, 128, index), "naming a device");
        Require(_memory(&bytes, index), "asking for a device's memory");
        return new(index, Marshal.PtrToStringUTF8((nint)name) ?? "", (long)bytes, "");
    }

    private void Require(int result, string doing)
    {
        if (result != 0)
        {
            throw new GpuException($"{doing} failed: {Explain(result)}");
        }
    }
}
