using System.Text;

namespace Ism.Coordinator.Api;

/// <summary>The end of a text file, read from behind.</summary>
public static class LastLines
{
    private const int MostBytes = 8 << 20;

    /// <summary>Its last lines, no more than 8 MB of them.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<string> Of(string path, int count)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var take = 1 << 14;
        while (true)
        {
            var from = Math.Max(0, file.Length - take);
            file.Position = from;
            var bytes = new byte[file.Length - from];
            var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var lines = Encoding.UTF8.GetString(bytes, 0, read).Split('\n').ToList();
            if (lines[^1].Length == 0)
            {
                lines.RemoveAt(lines.Count - 1);
            }

            if (from == 0 || lines.Count > count || take >= MostBytes)
            {
                // The first one may be cut.
                return lines.Count > count ? lines.GetRange(lines.Count - count, count) : lines;
            }

            take *= 4;
        }
    }
}
