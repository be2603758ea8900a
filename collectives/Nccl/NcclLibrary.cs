using System.Runtime.InteropServices;

namespace Ism.Collectives.Nccl;

/// <summary>
/// NCCL, or RCCL, which has the same functions. Exactly one copy is used in a process: group calls keep their state in the
/// library.
/// </summary>
public sealed unsafe class NcclLibrary
{
    /// <summary>Environment variable with a path or name that is used instead of the usual ones.</summary>
    public const string Variable = "ISM_NCCL_LIBRARY";

    // The first with all fields of a configuration that are relied on.
    private const int OldestVersion = 21_800;

    // libtorch of the CUDA packages links NCCL statically and mostly exports it.
    private static readonly string[] Names = ["libnccl.so.2", "librccl.so.1", "librccl.so", "libtorch_cuda.so"];

    private readonly delegate* unmanaged[Cdecl]<NcclUniqueId*, int> _getUniqueId;
    private readonly delegate* unmanaged[Cdecl]<nint*, int, NcclUniqueId, int, NcclConfig*, int> _commInitRankConfig;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int> _allReduce;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, nint, int> _allGather;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int> _broadcast;
    private readonly delegate* unmanaged[Cdecl]<int> _groupStart;
    private readonly delegate* unmanaged[Cdecl]<int> _groupEnd;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int> _commGetAsyncError;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _commFinalize;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _commDestroy;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _commAbort;
    private readonly delegate* unmanaged[Cdecl]<int, nint> _getErrorString;
    private readonly delegate* unmanaged[Cdecl]<nint, nint> _getLastError;

    private NcclLibrary(NativeExports exports)
    {
        Name = exports.Name;
        int version;
        var result = ((delegate* unmanaged[Cdecl]<int*, int>)exports.Of("ncclGetVersion"))(&version);
        Version = result == 0 ? version : 0;
        if (Version < OldestVersion)
        {
            throw new LibraryUnavailableException(
                $"{Name} is NCCL {Describe(Version)}; {Describe(OldestVersion)} or newer is needed. Install a newer one, or "
                + $"name one by {Variable}");
        }

        _getUniqueId = (delegate* unmanaged[Cdecl]<NcclUniqueId*, int>)exports.Of("ncclGetUniqueId");
        _commInitRankConfig = (delegate* unmanaged[Cdecl]<nint*, int, NcclUniqueId, int, NcclConfig*, int>)exports.Of(
            "ncclCommInitRankConfig");
        _allReduce = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int>)exports.Of("ncclAllReduce");
        _allGather = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, nint, int>)exports.Of("ncclAllGather");
        _broadcast = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int>)exports.Of("ncclBroadcast");
        _groupStart = (delegate* unmanaged[Cdecl]<int>)exports.Of("ncclGroupStart");
        _groupEnd = (delegate* unmanaged[Cdecl]<int>)exports.Of("ncclGroupEnd");
        _commGetAsyncError = (delegate* unmanaged[Cdecl]<nint, int*, int>)exports.Of("ncclCommGetAsyncError");
        _commFinalize = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of("ncclCommFinalize");
        _commDestroy = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of("ncclCommDestroy");
        _commAbort = (delegate* unmanaged[Cdecl]<nint, int>)exports.Of("ncclCommAbort");
        _getErrorString = (delegate* unmanaged[Cdecl]<int, nint>)exports.Of("ncclGetErrorString");
        _getLastError = (delegate* unmanaged[Cdecl]<nint, nint>)exports.Of("ncclGetLastError");
    }

    /// <summary>The name or path under which it was found.</summary>
    public string Name { get; }

    /// <summary>As ncclGetVersion tells it, e.g. 22705 for 2.27.5.</summary>
    public int Version { get; }

    /// <summary>Version as text, e.g. "2.27.5".</summary>
    public string VersionText => Describe(Version);

    /// <summary>Opens it: the one named, else the one that <see cref="Variable"/> names, else the first of libnccl.so.2,
    /// librccl.so and libtorch_cuda.so.</summary>
    /// <exception cref="LibraryUnavailableException">There is none, or it is older than 2.18.</exception>
    public static NcclLibrary Load(string? library = null) => new(NativeExports.Open(
        "NCCL", string.IsNullOrEmpty(library) ? Environment.GetEnvironmentVariable(Variable) : library, Names, "ncclGetVersion",
        $"Install libnccl2 (RCCL on AMD), add its folder to LD_LIBRARY_PATH, or name the file by {Variable}"));

    internal NcclUniqueId GetUniqueId()
    {
        NcclUniqueId id;
        Require((NcclResult)_getUniqueId(&id), "ncclGetUniqueId", 0);
        return id;
    }

    internal NcclResult CommInitRank(out nint comm, int world, NcclUniqueId id, int rank)
    {
        var config = NcclConfig.NonBlocking;
        nint made = 0;
        var result = _commInitRankConfig(&made, world, id, rank, &config);
        comm = made;
        return (NcclResult)result;
    }

    internal NcclResult AllReduce(nint data, long count, ElementType type, ReduceOp op, nint comm, nint stream) =>
        (NcclResult)_allReduce(data, data, (nuint)count, (int)type, (int)op, comm, stream);

    // In place: a rank's own block is where its result belongs.
    internal NcclResult AllGather(nint data, long count, ElementType type, int rank, nint comm, nint stream) =>
        (NcclResult)_allGather((nint)(data + (rank * count * type.Size())), data, (nuint)count, (int)type, comm, stream);

    internal NcclResult Broadcast(nint data, long count, ElementType type, int root, nint comm, nint stream) =>
        (NcclResult)_broadcast(data, data, (nuint)count, (int)type, root, comm, stream);

    internal NcclResult GroupStart() => (NcclResult)_groupStart();

    internal NcclResult GroupEnd() => (NcclResult)_groupEnd();

    /// <summary>What has become of a communicator: Success, InProgress, or an error.</summary>
    internal NcclResult State(nint comm)
    {
        int state;
        var result = (NcclResult)_commGetAsyncError(comm, &state);
        return result == NcclResult.Success ? (NcclResult)state : result;
    }

    internal NcclResult CommFinalize(nint comm) => (NcclResult)_commFinalize(comm);

    internal NcclResult CommDestroy(nint comm) => (NcclResult)_commDestroy(comm);

    internal NcclResult CommAbort(nint comm) => (NcclResult)_commAbort(comm);

    internal string Explain(NcclResult result, string function, nint comm)
    {
        var last = Marshal.PtrToStringUTF8(_getLastError(comm));
        return $"{function} returned {(int)result} ({Marshal.PtrToStringUTF8(_getErrorString((int)result))})"
            + (string.IsNullOrWhiteSpace(last) ? "" : $": {last.ReplaceLineEndings(" ")}");
    }

    internal void Require(NcclResult result, string function, nint comm)
    {
        if (result is not (NcclResult.Success or NcclResult.InProgress))
        {
            throw new GpuException(Explain(result, function, comm));
        }
    }

    // 2.9 and newer: major * 10000 + minor * 100 + patch; before: major * 1000 + minor * 100 + patch.
    private static string Describe(int version) => version >= 10_000
        ? $"{version / 10_000}.{version / 100 % 100}.{version % 100}"
        : version > 0 ? $"{version / 1000}.{version / 100 % 10}.{version % 100}" : "of unknown version";
}
