namespace Ism.Structures;

/// <summary>A file of a source, open for reading. What the storage fails at is told apart from what the content causes: it comes as
/// <see cref="StructureAccessException"/>.</summary>
internal sealed class SourceFile : FileStream
{
    private readonly string _path;

    private SourceFile(string path, int bufferSize, FileOptions options)
        : base(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize, options) => _path = path;

    /// <summary>Opens a file.</summary>
    /// <exception cref="StructureAccessException">It cannot be opened.</exception>
    public static SourceFile Open(string path, int bufferSize = 0, FileOptions options = FileOptions.None)
    {
        try
        {
            return new SourceFile(path, bufferSize, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StructureAccessException(path, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return base.Read(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StructureAccessException(_path, e.Message, e);
        }
    }
}
