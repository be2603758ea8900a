using System.Diagnostics;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>A file system in memory of 2 MiB at a folder; needs the right to mount, which root has outside some containers.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;
    private readonly string _filler;

    /// <summary>Mounts it, or skips the test.</summary>
    public SmallDisk(string folder)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root can mount a small disk to fill it (Linux)");
        (_folder, _filler) = (folder, Path.Combine(folder, "filler"));
        Directory.CreateDirectory(folder);
        var code = Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder);
        Skip.IfNot(code == 0, $"a small disk could not be mounted at {folder} (mount ended with code {code})");
    }

    /// <summary>Takes all room that is left.</summary>
    public void Fill()
    {
        using var filler = new FileStream(_filler, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(page);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives the room back.</summary>
    public void MakeRoom() => File.Delete(_filler);

    /// <inheritdoc/>
    public void Dispose() => Run("umount", "-l", _folder);

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
