using System.Text;

namespace Ism.Protocol.Files;

/// <summary>
/// Small files that others read while they are written: a reader finds the old file or the new one, never half of one. Each is written
/// beside its name, under a name that no other writer takes, and put in place. Several processes and threads may write the same file at once;
/// the last one's stays. Of files that must outlive a machine's crash as well, science takes care (Ism.Corpus.DurableFile).
/// </summary>
public static class WholeFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a text (UTF-8); an older file of that name is replaced. Makes the folder. A writer that fails leaves nothing behind.
    /// </summary>
    /// <exception cref="IOException">The storage refused it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static void Write(string path, string text) => Place(path, text, replace: true, null);

    /// <summary>Writes a text unless there is a file of that name already: of several writers at once the first one's stays.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="mode">Who may read and write it (not on Windows); null: as the process has it.</param>
    /// <returns>Whether it was this writer's.</returns>
    /// <exception cref="IOException">The storage refused it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static bool WriteNew(string path, string text, UnixFileMode? mode = null) => Place(path, text, replace: false, mode);

    private static bool Place(string path, string text, bool replace, UnixFileMode? mode)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var beside = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (mode is { } wanted && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = wanted;
        }

        try
        {
            using (var writer = new StreamWriter(beside, Utf8, options))
            {
                writer.Write(text);
            }

            File.Move(beside, path, replace);
            return true;
        }
        catch (IOException) when (!replace && File.Exists(path))
        {
            File.Delete(beside);
            return false;
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
