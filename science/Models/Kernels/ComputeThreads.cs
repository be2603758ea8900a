using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>
/// Runs parts of a kernel on the threads that libtorch computes with. Those spin for a while after each of its operators; threads of our
/// own would share the cores with them until they give up. libtorch's are OpenMP's, so a parallel region of the same OpenMP library is
/// entered; where there is none to be found, .NET's thread pool computes.
/// </summary>
internal static unsafe class ComputeThreads
{
    private static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Region = Find();

    /// <summary>Whether libtorch's own threads are used.</summary>
    public static bool Shared => Region != null;

    /// <summary>Calls <paramref name="part"/> once with each number from 0 to <paramref name="parts"/>, at the same time where threads
    /// allow. What one of them throws is thrown here.</summary>
    public static void Run(int parts, Action<int> part)
    {
        if (parts <= 1 || Region == null)
        {
            _ = parts <= 1 ? Only(part, parts) : Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = parts }, part);
            return;
        }

        var work = new Work(part, parts);
        var handle = GCHandle.Alloc(work);
        try
        {
            Region(&Enter, (void*)GCHandle.ToIntPtr(handle), (uint)parts, 0);
        }
        finally
        {
            handle.Free();
        }

        work.Rethrow();
    }

    private static ParallelLoopResult Only(Action<int> part, int parts)
    {
        if (parts == 1)
        {
            part(0);
        }

        return default;
    }

    [UnmanagedCallersOnly]
    private static void Enter(void* handle) => ((Work)GCHandle.FromIntPtr((nint)handle).Target!).TakePart();

    private static delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Find()
    {
        // libtorch is loaded by this; its OpenMP library may have any name.
        _ = torch.get_num_threads();
        const string Maps = "/proc/self/maps";
        if (!OperatingSystem.IsLinux() || !File.Exists(Maps))
        {
            return null;
        }

        var path = File.ReadLines(Maps).Select(line => line[(line.IndexOf('/') is >= 0 and var i ? i : line.Length)..])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libgomp", StringComparison.Ordinal));
        return path is not null && NativeLibrary.TryLoad(path, out var library)
            && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var address)
            ? (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)address
            : null;
    }

    // A region may have fewer threads than were asked for, so each takes parts until there is none left.
    private sealed class Work(Action<int> part, int parts)
    {
        private int _next = -1;
        private Exception? _failure;

        public void TakePart()
        {
            try
            {
                for (var i = Interlocked.Increment(ref _next); i < parts; i = Interlocked.Increment(ref _next))
                {
                    part(i);
                }
            }
            catch (Exception problem)
            {
                // It must not go through native frames.
                _failure = problem;
            }
        }

        public void Rethrow()
        {
            if (_failure is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }
}
