namespace Ism.Structures;

/// <summary>An object, or the beginning of many objects' keys, on S3-compatible storage: s3://bucket/key. Equality is by
/// value.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Key">The key as it is, without escapes; may be empty.</param>
public readonly record struct S3Address(string Bucket, string Key)
{
    private const string Scheme = "s3://";

    /// <summary>Whether a source or target is on S3 and not in a folder.</summary>
    public static bool Is(string text) => text.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static S3Address Parse(string text)
    {
        var rest = Is(text) ? text[Scheme.Length..] : throw new FormatException($"'{text}' does not begin with {Scheme}");
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var bucket = slash < 0 ? rest : rest[..slash];
        return bucket.Length is >= 3 and <= 63 && bucket.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            ? new S3Address(bucket, slash < 0 ? "" : rest[(slash + 1)..])
            : throw new FormatException($"'{text}' names no bucket: an address is s3://bucket/key");
    }

    /// <summary>The address of something below this one.</summary>
    public S3Address Below(string name) => this with { Key = Key.Length == 0 || Key.EndsWith('/') ? Key + name : $"{Key}/{name}" };

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}{Bucket}/{Key}";
}
