using System.Globalization;

namespace Ism.Corpus.Downloads;

/// <summary>
/// Checksums of a whole file that a server sends along: Repr-Digest (RFC 9530) and Digest, Google's x-goog-hash, Content-MD5,
/// and an ETag that is an MD5 where the server is S3's or Google's kind. Values are lower-case hex.
/// </summary>
internal sealed record ServerChecksums(string? Sha256, string? Md5, string? Crc32C)
{
    /// <summary>None.</summary>
    public static ServerChecksums None { get; } = new(null, null, null);

    /// <summary>Which of them there is, for messages; null for none.</summary>
    public string? Strongest => Sha256 is not null ? "SHA-256" : Md5 is not null ? "MD5" : Crc32C is not null ? "CRC32C" : null;

    /// <summary>Reads the headers of an answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="isWhole">Whether it carries the whole file: Content-MD5 and Digest may speak of a part.</param>
    public static ServerChecksums From(HttpResponseMessage response, bool isWhole)
    {
        string? sha = null, md5 = null, crc = null;
        foreach (var digest in Values(response, "Repr-Digest").Concat(isWhole ? Values(response, "Digest") : []))
        {
            var (name, value) = Split(digest);
            sha ??= name == "sha-256" ? Hex(value.Trim(':'), 32) : null;
        }

        foreach (var hash in Values(response, "x-goog-hash"))
        {
            var (name, value) = Split(hash);
            md5 ??= name == "md5" ? Hex(value, 16) : null;
            crc ??= name == "crc32c" ? Hex(value, 4) : null;
        }

        if (isWhole && response.Content.Headers.ContentMD5 is { Length: 16 } content)
        {
            md5 ??= Convert.ToHexStringLower(content);
        }

        // S3 and Google give the MD5 of a file that was stored in one piece as its ETag; of one in several, a name with a dash.
        var storage = response.Headers.Any(h => h.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase)
            || h.Key.StartsWith("x-goog-", StringComparison.OrdinalIgnoreCase));
        var tag = response.Headers.ETag is { IsWeak: false } etag ? etag.Tag.Trim('"') : "";
        if (storage && tag.Length == 32 && tag.All(char.IsAsciiHexDigit))
        {
            md5 ??= tag.ToLower(CultureInfo.InvariantCulture);
        }

        return new ServerChecksums(sha, md5, crc);
    }

    /// <summary>These, and what another answer told besides.</summary>
    public ServerChecksums With(ServerChecksums other) =>
        new(Sha256 ?? other.Sha256, Md5 ?? other.Md5, Crc32C ?? other.Crc32C);

    /// <summary>What does not fit, or null.</summary>
    public string? Mismatch(FileChecksums actual) =>
        Differ("SHA-256", Sha256, actual.Sha256) ?? Differ("MD5", Md5, actual.Md5) ?? Differ("CRC32C", Crc32C, actual.Crc32C);

    private static string? Differ(string name, string? told, string actual) =>
        told is null || told == actual ? null : $"its {name} is {actual}, the server says {told}";

    private static IEnumerable<string> Values(HttpResponseMessage response, string header)
    {
        var found = response.Headers.TryGetValues(header, out var values) || response.Content.Headers.TryGetValues(header, out values);
        return found ? values!.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries)) : [];
    }

    private static (string Name, string Value) Split(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? ("", "") : (text[..equals].ToLower(CultureInfo.InvariantCulture), text[(equals + 1)..]);
    }

    private static string? Hex(string base64, int bytes)
    {
        Span<byte> raw = stackalloc byte[64];
        return base64.Length <= 80 && Convert.TryFromBase64String(base64, raw, out var written) && written == bytes
            ? Convert.ToHexStringLower(raw[..written])
            : null;
    }
}
