using System.Diagnostics;
using System.Globalization;

namespace Ism.System.Tests.Processes;

/// <summary>The node processes of a workspace or home, found in /proc by what they were started with.</summary>
internal static class NodeProcesses
{
    /// <summary>Ids and command lines of all living nodes of a workspace.</summary>
    public static IReadOnlyList<(int Pid, string Command)> Of(string workspace)
    {
        var found = new List<(int, string)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid)
                && CommandLine(folder) is { } command
                && (command.Contains($" --workspace {workspace} ", StringComparison.Ordinal)
                    || command.Contains($" --home {workspace} ", StringComparison.Ordinal)))
            {
                found.Add((pid, command));
            }
        }

        return found;
    }

    /// <summary>Waits until no node of a workspace lives; fails with those that do.</summary>
    public static async Task NoneAsync(string workspace, TimeSpan deadline)
    {
        foreach (var (pid, command) in Of(workspace))
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                await process.WaitForExitAsync().WaitAsync(deadline);
            }
            catch (ArgumentException)
            {
                // It ended between the look and the wait.
            }
            catch (TimeoutException)
            {
                Assert.Fail($"left behind after {deadline.TotalSeconds:F0} s: process {pid}, {command}");
            }
        }

        Assert.Empty(Of(workspace));
    }

    /// <summary>SIGKILL to one node.</summary>
    public static void Kill(string workspace, string role, int number) => Signal(workspace, role, number, PosixSignals.Kill);

    /// <summary>A signal to one node; returns the id of its process.</summary>
    public static int Signal(string workspace, string role, int number, int signal)
    {
        var pid = Find(workspace, role, number) ?? throw new InvalidOperationException($"there is no {role}-{number} in {workspace}");
        PosixSignals.Send(pid, signal);
        return pid;
    }

    /// <summary>The process of one node; null when there is none.</summary>
    public static int? Find(string workspace, string role, int number)
    {
        var found = Of(workspace, role).Where(p => p.Command.Contains($" --number {number} ", StringComparison.Ordinal)).ToList();
        return found.Count == 0 ? null : found.Single().Pid;
    }

    /// <summary>The living nodes of one role.</summary>
    public static IReadOnlyList<(int Pid, string Command)> Of(string workspace, string role) =>
        [.. Of(workspace).Where(p => p.Command.Contains($" node {role} ", StringComparison.Ordinal))];

    private static string? CommandLine(string folder)
    {
        try
        {
            // Ends with a blank, so that every argument stands between two.
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
