using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Ism.Cluster.Membership;

/// <summary>
/// A small JSON record that is rewritten every few seconds where it stands: always the same number of bytes in one write, so that a
/// full disk does not stop it, with a checksum, so that a reader who comes in between sees that it did.
/// </summary>
internal static class RecordFile
{
    /// <summary>Bytes of a file; one sector.</summary>
    public const int Length = 512;

    /// <summary>Reads the record; null when there is none, or none that is whole.</summary>
    public static T? Read<T>(string path)
        where T : class
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                // Others may write, and put a fresh one in its place, while this reads.
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
                var bytes = new byte[Length];
                var read = file.ReadAtLeast(bytes, Length, throwOnEndOfStream: false);
                if (Parse<T>(Encoding.UTF8.GetString(bytes, 0, read)) is { } record)
                {
                    return record;
                }
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Writes the record over what is there.</summary>
    /// <exception cref="IOException">The storage refused it.</exception>
    /// <exception cref="InvalidOperationException">It is longer than <see cref="Length"/>.</exception>
    public static void Write<T>(string path, T record)
    {
        var json = JsonSerializer.Serialize(record);
        var bytes = Encoding.UTF8.GetBytes($"{Checksum(json)} {json}");
        if (bytes.Length >= Length)
        {
            throw new InvalidOperationException($"{path}: a record of {bytes.Length} bytes, more than {Length - 1}: {json}");
        }

        var padded = new byte[Length];
        padded.AsSpan().Fill((byte)' ');
        bytes.CopyTo(padded, 0);
        padded[^1] = (byte)'\n';
        using var file = new FileStream(
            path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        file.Write(padded);
    }

    private static T? Parse<T>(string text)
        where T : class
    {
        var blank = text.IndexOf(' ');
        var json = blank < 0 ? "" : text[(blank + 1)..].Trim();
        if (json.Length == 0 || text[..blank] != Checksum(json))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Checksum(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)).AsSpan(0, 4));
}
