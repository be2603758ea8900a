namespace Ism.Corpus;

/// <summary>
/// How positions 0..Count-1 are cut into chunks: chunk c holds the <see cref="ChunkSize"/> positions from c·ChunkSize on, the
/// last chunk what is left. The default value is an empty layout without chunks and must not be asked for one.
/// </summary>
public readonly record struct ChunkLayout
{
    /// <summary>Cuts <paramref name="count"/> positions into chunks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative count, or a chunk size below 1.</exception>
    public ChunkLayout(long count, int chunkSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkSize, 1);
        Count = count;
        ChunkSize = chunkSize;
        ChunkCount = checked((int)((count + chunkSize - 1) / chunkSize));
    }

    /// <summary>Number of positions.</summary>
    public long Count { get; }

    /// <summary>Positions of every chunk but the last.</summary>
    public int ChunkSize { get; }

    /// <summary>Number of chunks; 0 when there are no positions.</summary>
    public int ChunkCount { get; }

    /// <summary>The chunk of a position.</summary>
    public int ChunkOf(long position) => (int)(CheckPosition(position) / ChunkSize);

    /// <summary>Place of a position inside its chunk.</summary>
    public int RowOf(long position) => (int)(CheckPosition(position) % ChunkSize);

    /// <summary>The positions of a chunk.</summary>
    public PositionRange PositionsOf(int chunk)
    {
        if (chunk < 0 || chunk >= ChunkCount)
        {
            throw new ArgumentOutOfRangeException(nameof(chunk), chunk, $"chunks are numbered 0 to {ChunkCount - 1}");
        }

        var first = (long)chunk * ChunkSize;
        return new PositionRange(first, (int)Math.Min(ChunkSize, Count - first));
    }

    private long CheckPosition(long position) => position >= 0 && position < Count
        ? position
        : throw new ArgumentOutOfRangeException(nameof(position), position, $"positions are numbered 0 to {Count - 1}");
}

/// <summary>The positions <see cref="First"/> .. <see cref="First"/>+<see cref="Count"/>-1.</summary>
public readonly record struct PositionRange(long First, int Count)
{
    /// <summary>The position after the last one.</summary>
    public long End => First + Count;

    /// <summary>Whether the range holds a position.</summary>
    public bool Contains(long position) => position >= First && position < End;
}
