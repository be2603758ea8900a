namespace Ism.Collectives.Nccl;

/// <summary>
/// What is used of the driver's own library: streams, events and copies, so that a collective runs beside what torch computes and in
/// the right order with it. CUDA's libcuda.so.1 is on every machine with an NVIDIA driver, whatever toolkit a program was built with;
/// AMD's libamdhip64.so has the same calls under other names.
/// </summary>
public sealed unsafe class GpuDriver
{
    /// <summary>Environment variable with a path or name that is used instead of the usual ones.</summary>
    public const string Variable = "ISM_GPU_DRIVER_LIBRARY";

    private static readonly string[] CudaNames = [OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1"];

    private const int NotReady = 600;
    private const int MemoryTypeAttribute = 2;
    private const int DeviceMemory = 2;
    private const int StreamNonBlocking = 1;
    private const int EventDisableTiming = 2;
    private const int HostPortable = 1;

    private readonly IGpuContext _context;
    private readonly delegate* unmanaged[Cdecl]<nint*, uint, int> _streamCreate;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _streamDestroy;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, uint, int> _streamWaitEvent;
    private readonly delegate* unmanaged[Cdecl]<nint*, uint, int> _eventCreate;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _eventDestroy;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int> _eventRecord;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _eventQuery;
    private readonly delegate* unmanaged[Cdecl]<void*, int, ulong, int> _pointerAttribute;
    private readonly delegate* unmanaged[Cdecl]<nint*, nuint, uint, int> _hostAllocate;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _hostFree;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, nint, int> _toHost;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, nint, int> _toDevice;

    private GpuDriver(NativeExports exports, bool hip)
    {
        Name = exports.Name;
        _context = hip ? new HipContext(exports) : new CudaContext(exports);
        var (prefix, v2) = hip ? ("hip", "") : ("cu", "_v2");
        var flags = hip ? "WithFlags" : "";
        _streamCreate = (delegate* unmanaged[Cdecl]<nint*, uint, int>)exports.Of($"{prefix}StreamCreate{flags}");
        _streamDestroy = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of($"{prefix}StreamDestroy{v2}");
        _streamWaitEvent = (delegate* unmanaged[Cdecl]<nint, nint, uint, int>)exports.Of($"{prefix}StreamWaitEvent");
        _eventCreate = (delegate* unmanaged[Cdecl]<nint*, uint, int>)exports.Of($"{prefix}EventCreate{flags}");
        _eventDestroy = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of($"{prefix}EventDestroy{v2}");
        _eventRecord = (delegate* unmanaged[Cdecl]<nint, nint, int>)exports.Of($"{prefix}EventRecord");
        _eventQuery = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of($"{prefix}EventQuery");
        _pointerAttribute = (delegate* unmanaged[Cdecl]<void*, int, ulong, int>)exports.Of($"{prefix}PointerGetAttribute");
        _hostAllocate = (delegate* unmanaged[Cdecl]<nint*, nuint, uint, int>)exports.Of(hip ? "hipHostMalloc" : "cuMemHostAlloc");
        _hostFree = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of(hip ? "hipHostFree" : "cuMemFreeHost");
        _toHost = (delegate* unmanaged[Cdecl]<nint, nint, nuint, nint, int>)exports.Of(
            hip ? "hipMemcpyDtoHAsync" : "cuMemcpyDtoHAsync_v2");
        _toDevice = (delegate* unmanaged[Cdecl]<nint, nint, nuint, nint, int>)exports.Of(
            hip ? "hipMemcpyHtoDAsync" : "cuMemcpyHtoDAsync_v2");
    }

    /// <summary>The name or path under which it was found.</summary>
    public string Name { get; }

    /// <summary>The newest CUDA (or HIP) version that the driver serves, e.g. "12.8".</summary>
    public string VersionText => _context.VersionText;

    /// <summary>The devices of this machine, as far as CUDA_VISIBLE_DEVICES shows them.</summary>
    /// <exception cref="GpuException">The driver does not answer.</exception>
    public IReadOnlyList<GpuDevice> Devices => _context.Devices;

    /// <summary>Opens it: the one named, else the one that <see cref="Variable"/> names, else libcuda.so.1, else
    /// libamdhip64.so.</summary>
    /// <exception cref="LibraryUnavailableException">There is none.</exception>
    /// <exception cref="GpuException">It cannot be started, e.g. because there is no device.</exception>
    public static GpuDriver Load(string? library = null)
    {
        var given = string.IsNullOrEmpty(library) ? Environment.GetEnvironmentVariable(Variable) : library;
        try
        {
            return new(NativeExports.Open("CUDA driver", given, CudaNames, "cuInit", ""), hip: false);
        }
        catch (LibraryUnavailableException cuda)
        {
            try
            {
                string[] names = ["libamdhip64.so", "libamdhip64.so.6"];
                return new(NativeExports.Open("HIP runtime", given, names, "hipInit", ""), hip: true);
            }
            catch (LibraryUnavailableException)
            {
                throw new LibraryUnavailableException(
                    $"{cuda.Message.TrimEnd()} Install the GPU's driver, or name its library by {Variable}");
            }
        }
    }

    /// <summary>Makes the device the current one of this thread, in the context that torch uses.</summary>
    internal void Use(int device) => _context.Use(device);

    /// <summary>Whether an address is device memory.</summary>
    internal bool IsDeviceMemory(nint address)
    {
        uint type;
        return address != 0
            && _pointerAttribute(&type, MemoryTypeAttribute, (ulong)address) == 0
            && type == DeviceMemory;
    }

    /// <summary>A stream that does not wait for the default one by itself.</summary>
    internal nint CreateStream()
    {
        nint stream;
        Require(_streamCreate(&stream, StreamNonBlocking), "creating a stream");
        return stream;
    }

    internal void DestroyStream(nint stream) => _ = _streamDestroy(stream);

    internal nint CreateEvent()
    {
        nint made;
        Require(_eventCreate(&made, EventDisableTiming), "creating an event");
        return made;
    }

    internal void DestroyEvent(nint made) => _ = _eventDestroy(made);

    internal void Record(nint made, nint stream) => Require(_eventRecord(made, stream), "recording an event");

    internal void Wait(nint stream, nint made) => Require(_streamWaitEvent(stream, made, 0), "making a stream wait");

    /// <summary>Whether everything before the event is done.</summary>
    /// <exception cref="GpuException">What was before it failed.</exception>
    internal bool IsDone(nint made)
    {
        var result = _eventQuery(made);
        if (result == NotReady)
        {
            return false;
        }

        Require(result, "asking for an event");
        return true;
    }

    /// <summary>Pinned host memory, which a device reads and writes while the host does other things.</summary>
    internal nint AllocateHost(long bytes)
    {
        nint made;
        Require(_hostAllocate(&made, (nuint)bytes, HostPortable), $"pinning {bytes} bytes of host memory");
        return made;
    }

    internal void FreeHost(nint address) => Require(_hostFree(address), "freeing pinned memory");

    /// <summary>Queues a copy from device memory into pinned memory.</summary>
    internal void CopyToHost(nint host, nint device, long bytes, nint stream) =>
        Require(_toHost(host, device, (nuint)bytes, stream), "copying to the host");

    /// <summary>Queues a copy from pinned memory into device memory.</summary>
    internal void CopyToDevice(nint device, nint host, long bytes, nint stream) =>
        Require(_toDevice(device, host, (nuint)bytes, stream), "copying to the device");

    private void Require(int result, string doing)
    {
        if (result != 0)
        {
            throw new GpuException($"{doing} failed: {_context.Explain(result)}");
        }
    }
}
