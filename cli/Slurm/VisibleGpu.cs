using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ism.Cli.Slurm;

/// <summary>
/// Gives each of several ranks on one machine the GPU with its local number, by hiding the others from CUDA: whatever computes in this
/// process then finds one device, number 0. Moving data directly between GPUs does not need the other devices to be visible; only
/// a container or cgroup that takes them away would hinder that.
/// </summary>
internal static partial class VisibleGpu
{
    /// <summary>The variable that CUDA reads when it is first used. ROCm's libraries read it as well.</summary>
    public const string Variable = "CUDA_VISIBLE_DEVICES";

    /// <summary>Does so for this process; before anything uses a GPU. Says what was chosen, null when there was nothing to choose.</summary>
    /// <exception cref="UsageException">More ranks than GPUs.</exception>
    public static string? Choose(BatchTask? task)
    {
        var visible = Environment.GetEnvironmentVariable(Variable);
        var chosen = For(task, visible);
        if (chosen is null || chosen == visible)
        {
            return null;
        }

        // The runtime keeps a copy of the environment of its own; native libraries read the process's.
        Environment.SetEnvironmentVariable(Variable, chosen);
        if (!OperatingSystem.IsWindows() && SetVariable(Variable, chosen, 1) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        return $"rank {task!.LocalNumber} of {task.LocalCount} on this machine takes GPU {chosen} ({Variable})";
    }

    /// <summary>What the variable is to be; null: as it is.</summary>
    /// <param name="task">Place of this process.</param>
    /// <param name="visible">What the variable is.</param>
    /// <exception cref="UsageException">More ranks than GPUs.</exception>
    internal static string? For(BatchTask? task, string? visible)
    {
        // Alone on its machine, it takes the first of what it is given, as any program does.
        if (task is not { LocalNumber: { } number, LocalCount: > 1 })
        {
            return null;
        }

        if (string.IsNullOrEmpty(visible))
        {
            return visible is null ? number.ToString(CultureInfo.InvariantCulture) : null;
        }

        var devices = visible.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return devices.Length == 1 ? null
            : number < devices.Length ? devices[number]
            : throw new UsageException($"rank {number} of {task.LocalCount} on this machine has no GPU: {Variable} is {visible}; "
                + "start as many ranks as there are GPUs");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
