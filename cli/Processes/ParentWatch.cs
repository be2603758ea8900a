using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Ism.Cli.Processes;

/// <summary>
/// Ends this process when the one that started it is gone, however it went: on Linux the kernel does it (PR_SET_PDEATHSIG),
/// elsewhere, and behind it, the parent's id is looked at every second. A child makes one first thing, from the id that its parent
/// passed in --parent-pid.
/// </summary>
public sealed partial class ParentWatch : IDisposable
{
    /// <summary>Option under which a parent tells its children who it is.</summary>
    public const string OptionName = "--parent-pid";

    private const int SetParentDeathSignal = 1;
    private const nuint Kill = 9;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Timer? _poll;

    /// <summary>Whether this process is one of several that another has started on this machine.</summary>
    public static bool IsWatched { get; private set; }

    private ParentWatch(int parent)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (OperatingSystem.IsLinux() && Prctl(SetParentDeathSignal, Kill, 0, 0, 0) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "prctl(PR_SET_PDEATHSIG) failed");
        }

        // The parent may have gone before the call above: then there is no signal to come.
        EndUnlessChildOf(parent);
        _poll = new Timer(_ => EndUnlessChildOf(parent), null, Every, Every);
    }

    /// <summary>Takes --parent-pid N out of the arguments, wherever it stands, and ties the life of this process to that of N. Null
    /// when it is not among them. Ends the process when N is not its parent (any more).</summary>
    public static ParentWatch? Install(ref string[] args)
    {
        var at = Array.IndexOf(args, OptionName);
        if (at < 0 || at + 1 >= args.Length || !int.TryParse(args[at + 1], out var parent))
        {
            return null;
        }

        args = [.. args[..at], .. args[(at + 2)..]];
        IsWatched = true;
        return new ParentWatch(parent);
    }

    /// <summary>Stops looking at the parent's id; the kernel's signal stays.</summary>
    public void Dispose() => _poll?.Dispose();

    private static void EndUnlessChildOf(int parent)
    {
        if (ParentId() != parent)
        {
            Console.Error.WriteLine($"ism: the process {parent} that started this one is gone");
            Environment.Exit(ExitCode.Failed);
        }
    }

    /// <summary>Sends a signal; false when there is no such process any more.</summary>
    internal static bool Signal(int pid, int signal) => SendSignal(pid, signal) == 0;

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int ParentId();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
