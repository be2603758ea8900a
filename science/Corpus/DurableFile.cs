namespace Ism.Corpus;

/// <summary>Files that are complete under their name or not there at all, whatever is killed in between.</summary>
public static class DurableFile
{
    /// <summary>
    /// Writes beside <paramref name="path"/>, flushes to the disk and renames; an older file of that name is replaced. A writer
    /// that fails leaves nothing behind.
    /// </summary>
    public static void Write(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var beside = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
