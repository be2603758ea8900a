using System.Buffers.Binary;

namespace Ism.Corpus.Streaming;

/// <summary>
/// How long the chains of a chunk's structures are: enough to know how long a visit's crop is without its tokens, so that whoever shares
/// samples out knows what each costs. As bytes: positions (int32), chains of each position (int32 each), residues of each chain (int32
/// each); little-endian. Immutable.
/// </summary>
public sealed class ChunkLengths
{
    private const int Number = 4;
    private readonly int[] _firstChain;
    private readonly int[] _residues;

    private ChunkLengths(int[] firstChain, int[] residues) => (_firstChain, _residues) = (firstChain, residues);

    /// <summary>Positions of the chunk.</summary>
    public int Positions => _firstChain.Length - 1;

    /// <summary>The lengths of a token file's chains.</summary>
    public static ChunkLengths Of(TokenFile file)
    {
        var first = new int[file.Header.Positions.Count + 1];
        for (var row = 0; row < file.Header.Positions.Count; row++)
        {
            first[row + 1] = first[row] + file.ChainCountOf(file.Header.Positions.First + row);
        }

        return new ChunkLengths(first, [.. Enumerable.Range(0, file.RowCount).Select(file.Length)]);
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are something else.</exception>
    public static ChunkLengths FromBytes(ReadOnlySpan<byte> bytes)
    {
        var positions = bytes.Length < Number ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (positions < 0 || bytes.Length < Number * (1L + positions))
        {
            throw new InvalidDataException($"{bytes.Length} bytes are no lengths of a chunk of {positions} positions");
        }

        var first = new int[positions + 1];
        for (var row = 0; row < positions; row++)
        {
            var chains = BinaryPrimitives.ReadInt32LittleEndian(bytes[(Number * (1 + row))..]);
            first[row + 1] = chains >= 0 && chains <= bytes.Length - first[row]
                ? first[row] + chains
                : throw new InvalidDataException($"position {row} of {positions} has {chains} chains in {bytes.Length} bytes");
        }

        if (bytes.Length != Number * (1L + positions + first[^1]))
        {
            throw new InvalidDataException($"{bytes.Length} bytes are no lengths of {positions} positions with {first[^1]} chains");
        }

        var residues = new int[first[^1]];
        for (var chain = 0; chain < residues.Length; chain++)
        {
            residues[chain] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(Number * (1 + positions + chain))..]);
            if (residues[chain] < 0)
            {
                throw new InvalidDataException($"chain {chain} has {residues[chain]} residues");
            }
        }

        return new ChunkLengths(first, residues);
    }

    /// <summary>Residues of the crop that a visit takes (<see cref="TokenCrop.Draw"/>); 0 where a position has no chain.</summary>
    /// <param name="row">The position's place in the chunk; one beyond the chunk has no chain.</param>
    /// <param name="drawKey">Key of the visit.</param>
    /// <param name="crop">Longest crop.</param>
    public int CropLength(int row, ulong drawKey, int crop)
    {
        var chains = row < Positions ? _firstChain[row + 1] - _firstChain[row] : 0;
        return chains == 0 ? 0 : Math.Min(crop, _residues[_firstChain[row] + Draws.Chain(drawKey, chains)]);
    }

    /// <summary>As bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Number * (1 + Positions + _residues.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Positions);
        for (var row = 0; row < Positions; row++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Number * (1 + row)), _firstChain[row + 1] - _firstChain[row]);
        }

        for (var chain = 0; chain < _residues.Length; chain++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Number * (1 + Positions + chain)), _residues[chain]);
        }

        return bytes;
    }
}
