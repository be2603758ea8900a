using System.Runtime.InteropServices;

namespace Ism.System.Tests.Processes;

/// <summary>Signals by number (Linux) to processes by id.</summary>
internal static partial class PosixSignals
{
    public const int Kill = 9;
    public const int User1 = 10;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>Sends one; fails when there is no such process.</summary>
    public static void Send(int pid, int signal) =>
        Assert.True(Signal(pid, signal) == 0, $"signal {signal} could not be sent to process {pid}: error {Marshal.GetLastPInvokeError()}");

    /// <summary>Whether this process may do what only root may.</summary>
    public static bool IsRoot => OperatingSystem.IsLinux() && UserId() == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserId();
}
