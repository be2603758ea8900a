using System.Globalization;
using System.Runtime.InteropServices;

namespace Ism.Models.Training;

/// <summary>
/// Bounds what oneDNN, which computes libtorch's bfloat16 products on CPUs, keeps: a kernel compiled for each shape it has met, up to
/// 1,024. Micro-batches are never of one size, so each brings a dozen new shapes that do not come again, and a process grows by hundreds of
/// megabytes. All layers of a micro-batch have the same shapes, which is where keeping pays.
/// </summary>
public static partial class KernelCache
{
    /// <summary>Kernels kept: those of two or three micro-batches.</summary>
    public const int Capacity = 32;

    private const string Variable = "ONEDNN_PRIMITIVE_CACHE_CAPACITY";

    /// <summary>Sets this for the whole process, before its first bfloat16 product. What the user has set stays.</summary>
    /// <returns>Whether it is set.</returns>
    public static bool Bound()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Variable) is { Length: > 0 })
        {
            return false;
        }

        try
        {
            // .NET's own SetEnvironmentVariable changes a copy that native libraries do not see.
            return SetVariable(Variable, Capacity.ToString(CultureInfo.InvariantCulture), 0) == 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
