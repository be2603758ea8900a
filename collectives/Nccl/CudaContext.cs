using System.Runtime.InteropServices;

namespace Ism.Collectives.Nccl;

/// <summary>CUDA's driver interface.</summary>
internal sealed unsafe class CudaContext : IGpuContext
{
    private const int CapabilityMajor = 75;
    private const int CapabilityMinor = 76;

    private readonly delegate* unmanaged[Cdecl]<int*, int> _version;
    private readonly delegate* unmanaged[Cdecl]<int*, int> _count;
    private readonly delegate* unmanaged[Cdecl]<int*, int, int> _get;
    private readonly delegate* unmanaged[Cdecl]<byte*, int, int, int> _name;
    private readonly delegate* unmanaged[Cdecl]<nuint*, int, int> _memory;
    private readonly delegate* unmanaged[Cdecl]<int*, int, int, int> _attribute;
    private readonly delegate* unmanaged[Cdecl]<nint*, int, int> _retain;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _setCurrent;
    private readonly delegate* unmanaged[Cdecl]<int, nint*, int> _errorName;
    private readonly Dictionary<int, nint> _contexts = [];

    public CudaContext(NativeExports exports)
    {
        _errorName = (delegate* unmanaged[Cdecl]<int, nint*, int>)exports.Of("cuGetErrorName");
        _version = (delegate* unmanaged[Cdecl]<int*, int>)exports.Of("cuDriverGetVersion");
        _count = (delegate* unmanaged[Cdecl]<int*, int>)exports.Of("cuDeviceGetCount");
        _get = (delegate* unmanaged[Cdecl]<int*, int, int>)exports.Of("cuDeviceGet");
        _name = (delegate* unmanaged[Cdecl]<byte*, int, int, int>)exports.Of("cuDeviceGetName");
        _memory = (delegate* unmanaged[Cdecl]<nuint*, int, int>)exports.Of("cuDeviceTotalMem_v2");
        _attribute = (delegate* unmanaged[Cdecl]<int*, int, int, int>)exports.Of("cuDeviceGetAttribute");
        _retain = (delegate* unmanaged[Cdecl]<nint*, int, int>)exports.Of("cuDevicePrimaryCtxRetain");
        _setCurrent = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of("cuCtxSetCurrent");
        Require(((delegate* unmanaged[Cdecl]<uint, int>)exports.Of("cuInit"))(0), "starting the CUDA driver (cuInit)");
    }

    public string VersionText
    {
        get
        {
            int version;
            return _version(&version) == 0 ? $"{version / 1000}.{version / 10 % 100}" : "unknown";
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

    // The primary context is the one that torch (and all of the CUDA runtime) uses. It is kept for the life of the process.
    public void Use(int device)
    {
        nint context;
        lock (_contexts)
        {
            if (!_contexts.TryGetValue(device, out context))
            {
                nint made;
                Require(_retain(&made, Handle(device)), $"opening device {device}");
                _contexts[device] = context = made;
            }
        }

        Require(_setCurrent(context), $"using device {device}");
    }

    public string Explain(int result)
    {
        nint name;
        return _errorName(result, &name) == 0 ? $"{Marshal.PtrToStringUTF8(name)} ({result})" : $"CUDA error {result}";
    }

    private GpuDevice Describe(int index)
    {
        var device = Handle(index);
        var name = stackalloc byte[128];
        nuint bytes;
        int major, minor;
        Require(_name(name, 128, device), "naming a device");
        Require(_memory(&bytes, device), "asking for a device's memory");
        Require(_attribute(&major, CapabilityMajor, device), "asking for a device's capability");
        Require(_attribute(&minor, CapabilityMinor, device), "asking for a device's capability");
        return new(index, Marshal.PtrToStringUTF8((nint)name) ?? "", (long)bytes, $"{major}.{minor}");
    }

    private int Handle(int index)
    {
        int device;
        Require(_get(&device, index), $"finding device {index}");
        return device;
    }

    private void Require(int result, string doing)
    {
        if (result != 0)
        {
            throw new GpuException($"{doing} failed: {Explain(result)}");
        }
    }
}
