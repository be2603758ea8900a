using System.Text;

namespace Ism.Coordinator.Api;

/// <summary>Reads the lines that others append to a file, each once and only when it is whole. Not thread-safe.</summary>
public sealed class FollowedFile(string path)
{
    private const int BufferBytes = 1 << 16;
    private readonly List<byte> _rest = [];
    private long _position;

    /// <summary>Lines that have come since the last call; none while the file is not there. A file that has become shorter was made anew
    /// and is read from its beginning.</summary>
    /// <exception cref="IOException">The storage does not answer.</exception>
    public IReadOnlyList<string> ReadNew()
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }

        using (file)
        {
            if (file.Length < _position)
            {
                _position = 0;
                _rest.Clear();
            }

            file.Position = _position;
            var lines = new List<string>();
            var buffer = new byte[BufferBytes];
            int read;
            while ((read = file.Read(buffer)) > 0)
            {
                _position += read;
                Split(buffer.AsSpan(0, read), lines);
            }

            return lines;
        }
    }

    private void Split(ReadOnlySpan<byte> bytes, List<string> lines)
    {
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            _rest.AddRange(bytes[..end]);
            lines.Add(Encoding.UTF8.GetString([.. _rest]).TrimEnd('\r'));
            _rest.Clear();
            bytes = bytes[(end + 1)..];
        }

        _rest.AddRange(bytes);
    }
}
