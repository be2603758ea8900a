namespace Ism.Structures;

/// <summary>A file or object of a source, open for reading. What the storage fails at is told apart from what the content causes: it comes as
/// <see cref="StructureAccessException"/>.</summary>
internal sealed class SourceFile : Stream
{
    private readonly string _path;
    private readonly Stream _file;

    private SourceFile(string path, Stream file) => (_path, _file) = (path, file);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => _file.CanSeek;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => Guard(() => _file.Length);

    /// <inheritdoc/>
    public override long Position
    {
        get => _file.Position;
        set => Guard(() => _file.Position = value);
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="StructureAccessException">It cannot be opened.</exception>
    public static SourceFile Open(string path, int bufferSize = 0, FileOptions options = FileOptions.None)
    {
        if (S3Address.Is(path))
        {
            return new SourceFile(path, new S3ObjectStream(S3Address.Parse(path)));
        }

        try
        {
            return new SourceFile(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize, options));
        }
        catch (Exception e) when (IsAccess(e))
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
            return _file.Read(buffer);
        }
        catch (Exception e) when (IsAccess(e))
        {
            throw new StructureAccessException(_path, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Guard(() => _file.Seek(offset, origin));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private static bool IsAccess(Exception e) =>
        e is IOException and not StructureAccessException or UnauthorizedAccessException;

    private T Guard<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (IsAccess(e))
        {
            throw new StructureAccessException(_path, e.Message, e);
        }
    }
}
