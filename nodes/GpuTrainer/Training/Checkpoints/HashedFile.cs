using System.Security.Cryptography;
using TorchSharp;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>A new file whose bytes are hashed, and looked through for numbers that are not finite, as they are written: nothing is read
/// again.</summary>
internal sealed class HashedFile(string path, Func<string, FileStream> create, CancellationToken cancel) : IDisposable
{
    private const int Piece = 1 << 20;
    private readonly FileStream _stream = create(path);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytes;

    /// <summary>Writes bytes in pieces of 1 MiB, which stay in the processor's cache between hashing and writing.</summary>
    /// <exception cref="OperationCanceledException">The writer is no longer wanted.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > 0; bytes = bytes[Math.Min(Piece, bytes.Length)..])
        {
            cancel.ThrowIfCancellationRequested();
            var piece = bytes[..Math.Min(Piece, bytes.Length)];
            _hash.AppendData(piece);
            _stream.Write(piece);
            _bytes += piece.Length;
        }
    }

    /// <summary>The same for the elements of a tensor.</summary>
    /// <exception cref="InvalidOperationException">One is NaN or infinite.</exception>
    public void WriteFinite(ReadOnlySpan<byte> bytes, torch.ScalarType type, string what)
    {
        if (!FiniteNumbers.All(bytes, type))
        {
            throw new InvalidOperationException($"{what} hold NaN or infinite numbers; no checkpoint was written");
        }

        Write(bytes);
    }

    /// <summary>Flushes to the device and closes.</summary>
    public CheckpointFile Finish()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        return new(Path.GetFileName(path), _bytes, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hash.Dispose();
        try
        {
            _stream.Dispose();
        }
        catch (IOException)
        {
            // Of a file that is given up: what had still to be written does not fit either.
        }
    }
}
