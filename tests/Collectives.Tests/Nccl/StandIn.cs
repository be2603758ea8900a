using System.Diagnostics;
using System.Runtime.InteropServices;
using Ism.Tests;

namespace Ism.Collectives.Tests.Nccl;

/// <summary>What the stand-in library does wrong on demand.</summary>
internal enum StandInFault
{
    None,
    Stall,
    LaunchError,
    AsyncError,
    RemoteError,
    InitError,
    InitStall,
    CopyError,
    CopyStall,
}

/// <summary>
/// The STAND-IN for libcuda and NCCL (StandIn/gpu_standin.c), compiled once per test run; where there is no C compiler, tests
/// that need it are skipped. Nothing here runs on a GPU.
/// </summary>
internal static unsafe class StandIn
{
    private static readonly Lazy<(string? Path, string Problem)> Built = new(() => Build());
    private static readonly Lazy<(string? Path, string Problem)> BuiltHip = new(() => Build("-DSTANDIN_HIP"));

    /// <summary>Path of the library; skips the test where it cannot be built. Sets it to a state without faults.</summary>
    public static string Fresh(int version = 22_705)
    {
        Skip.If(Built.Value.Path is null, Built.Value.Problem);
        ((delegate* unmanaged[Cdecl]<int, void>)Export("standin_reset"))(version);
        return Built.Value.Path!;
    }

    /// <summary>Path of the same library with a driver of HIP's names: what RCCL comes with. It has a state of its own.</summary>
    public static string FreshHip(int version = 22_705)
    {
        Skip.If(BuiltHip.Value.Path is null, BuiltHip.Value.Problem);
        var reset = NativeLibrary.GetExport(NativeLibrary.Load(BuiltHip.Value.Path!), "standin_reset");
        ((delegate* unmanaged[Cdecl]<int, void>)reset)(version);
        return BuiltHip.Value.Path!;
    }

    /// <summary>Makes one rank fail or stall.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="fault">What it does.</param>
    /// <param name="at">In which of its operations, from 1; 0: in any.</param>
    public static void Fail(int rank, StandInFault fault, int at = 0) =>
        ((delegate* unmanaged[Cdecl]<int, int, int, void>)Export("standin_fault"))(rank, (int)fault, at);

    /// <summary>A slow kernel on the default stream of a device: waits, then fills.</summary>
    public static void FillLater(int device, float* data, int count, float value, int milliseconds) =>
        ((delegate* unmanaged[Cdecl]<int, float*, nuint, float, int, void>)Export("standin_fill_later"))(
            device, data, (nuint)count, value, milliseconds);

    /// <summary>"Device" memory.</summary>
    public static nint Allocate(long bytes)
    {
        nint memory;
        ((delegate* unmanaged[Cdecl]<nint*, nuint, int>)Export("cuMemAlloc_v2"))(&memory, (nuint)bytes);
        return memory;
    }

    public static void Free(nint memory) => ((delegate* unmanaged[Cdecl]<nint, int>)Export("cuMemFree_v2"))(memory);

    /// <summary>No rule of the libraries was broken, and everything opened was closed.</summary>
    public static void AssertClean()
    {
        var text = stackalloc byte[400];
        var violations = ((delegate* unmanaged[Cdecl]<byte*, int, int>)Export("standin_violations"))(text, 400);
        Assert.True(violations == 0, $"{violations} rules broken, the last: {Marshal.PtrToStringUTF8((nint)text)}");
        Assert.Equal(0, ((delegate* unmanaged[Cdecl]<int>)Export("standin_open"))());
    }

    private static nint Export(string name) => NativeLibrary.GetExport(NativeLibrary.Load(Built.Value.Path!), name);

    private static (string?, string) Build(params string[] switches)
    {
        var folder = Directory.CreateTempSubdirectory("ism-standin-").FullName;
        var library = Path.Combine(folder, "libism-gpu-standin.so");
        var source = Path.Combine(ReferenceData.Root, "tests", "Collectives.Tests", "StandIn", "gpu_standin.c");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        foreach (var compiler in (string[])["gcc", "cc", "clang"])
        {
            try
            {
                string[] arguments = ["-shared", "-fPIC", "-pthread", "-O1", "-o", library, source, .. switches];
                using var run = Process.Start(new ProcessStartInfo(compiler, arguments) { RedirectStandardError = true })!;
                var said = run.StandardError.ReadToEnd();
                run.WaitForExit();
                return run.ExitCode == 0
                    ? (library, "")
                    : throw new InvalidOperationException($"{compiler} cannot compile {source}:{Environment.NewLine}{said}");
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not installed: the next one.
            }
        }

        return (null, "no C compiler (gcc, cc or clang) builds the stand-in for NCCL");
    }
}

/// <summary>An array in the stand-in's "device" memory.</summary>
internal sealed unsafe class DeviceArray<T>(int count) : IDisposable where T : unmanaged
{
    public nint Address { get; } = StandIn.Allocate(Math.Max(1, (long)count * sizeof(T)));

    public Span<T> Values => new((void*)Address, count);

    public T* Pointer => (T*)Address;

    public static DeviceArray<T> Of(ReadOnlySpan<T> values)
    {
        var made = new DeviceArray<T>(values.Length);
        values.CopyTo(made.Values);
        return made;
    }

    public void Dispose() => StandIn.Free(Address);
}
