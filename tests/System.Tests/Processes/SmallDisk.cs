using System.Diagnostics;
using System.Globalization;

namespace Ism.System.Tests.Processes;

/// <summary>A file system in memory that is small enough to be filled. Needs root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Megabytes = 96;
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Filler => Path.Combine(_folder, "filler");

    /// <summary>Makes one; skips the test, saying why, where that is not possible.</summary>
    public static SmallDisk Mount(string folder)
    {
        Skip.IfNot(PosixSignals.IsRoot, "a small disk is a tmpfs, and only root may mount one");
        Directory.CreateDirectory(folder);
        var (code, said) = Command(
            "mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={Megabytes}m"), "ism-test", folder);
        Skip.IfNot(code == 0, $"no tmpfs can be mounted here: {said}");
        return new SmallDisk(folder);
    }

    /// <summary>Leaves not one block free.</summary>
    public void Fill()
    {
        var block = new byte[1 << 16];
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, 0);
        for (var size = block.Length; size > 0; size = size == 1 ? 0 : size / 2)
        {
            try
            {
                while (file.Length <= (long)Megabytes << 20)
                {
                    file.Write(block, 0, size);
                }
            }
            catch (IOException)
            {
                // So much does not fit any more; less may.
            }
        }
    }

    /// <summary>Makes room again.</summary>
    public void Empty() => File.Delete(Filler);

    // Lazily: a process that is just ending may still have a file open.
    public void Dispose() => Command("umount", "-l", _folder);

    private static (int Code, string Said) Command(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said.Trim());
    }
}
