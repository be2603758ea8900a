using System.Runtime.InteropServices;

namespace Ism.Models.Training;

/// <summary>
/// Keeps memory that libtorch frees in the process instead of giving it back to the kernel. A step frees and takes the same hundreds of
/// megabytes again; with glibc's defaults every such block is mapped, zeroed page by page and unmapped each time.
/// </summary>
public static partial class HostMemory
{
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MapThreshold = -3;
    private const int MapsAtMost = -4;
    private const int Arenas = -8;

    /// <summary>Sets this for the whole process, before large tensors are made. On Linux with glibc only; elsewhere, and where the user
    /// has set MALLOC_ variables, it does nothing.</summary>
    /// <returns>Whether it is set.</returns>
    public static bool KeepFreed()
    {
        if (!OperatingSystem.IsLinux()
            || Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name => name.StartsWith("MALLOC_", StringComparison.Ordinal)))
        {
            return false;
        }

        try
        {
            _ = GlibcVersion();

            // No block is a mapping of its own, one heap for all threads (the others' grow in pieces of 64 MB that go back when empty),
            // and its end is never given back (-1).
            return Set(MapsAtMost, 0) + Set(MapThreshold, 32 << 20) + Set(Arenas, 1) + Set(TrimThreshold, -1)
                + Set(TopPad, 64 << 20) == 5;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library.
            return false;
        }
    }

    /// <summary>Gives what lies free in the process back to the kernel, holes between blocks in use included. Pages that are needed again are
    /// made again, at their first use. On Linux with glibc only; elsewhere it does nothing.</summary>
    /// <returns>Whether there was anything to give back.</returns>
    public static bool GiveBack()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return Trim(0) != 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library.
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);

    [LibraryImport("libc", EntryPoint = "gnu_get_libc_version")]
    private static partial nint GlibcVersion();

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);
}
