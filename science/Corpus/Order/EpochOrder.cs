using Ism.Structures.Numerics;

namespace Ism.Corpus;

/// <summary>The order of one epoch: its permutation of the chunks, cut into windows. Immutable.</summary>
internal sealed class EpochOrder
{
    // Tells the streams of this file from those of others that share seed and epoch.
    private const ulong ChunkPurpose = 0x6368756E6B730001;
    private const ulong WindowPurpose = 0x77696E646F770001;

    private readonly ChunkLayout _layout;
    private readonly ulong _seed;
    private readonly int _windowChunks;
    private readonly int[] _chunks;
    private readonly long[] _windowStarts;

    public EpochOrder(ChunkLayout layout, ulong seed, int windowChunks, int epoch)
    {
        _layout = layout;
        _seed = seed;
        _windowChunks = windowChunks;
        Epoch = epoch;
        _chunks = [.. Enumerable.Range(0, layout.ChunkCount)];
        new CounterRandom(seed, ChunkPurpose, (ulong)epoch).Shuffle(_chunks.AsSpan());
        _windowStarts = new long[((layout.ChunkCount + windowChunks - 1) / windowChunks) + 1];
        for (var window = 0; window < _windowStarts.Length - 1; window++)
        {
            _windowStarts[window + 1] = _windowStarts[window] + ChunksOf(window).Sum(chunk =>
                (long)layout.PositionsOf(chunk).Count);
        }
    }

    /// <summary>Which epoch this is.</summary>
    public int Epoch { get; }

    /// <summary>The chunks in the order in which they are needed.</summary>
    public IReadOnlyList<int> Chunks => _chunks;

    /// <summary>The window that holds the sample at <paramref name="index"/> of this epoch, and where in the epoch it
    /// starts.</summary>
    public (int Window, long Start) WindowAt(long index)
    {
        var found = Array.BinarySearch(_windowStarts, index);
        var window = found >= 0 ? found : ~found - 1;
        return (window, _windowStarts[window]);
    }

    /// <summary>The positions of a window, shuffled together.</summary>
    public long[] Shuffled(int window)
    {
        var positions = new long[_windowStarts[window + 1] - _windowStarts[window]];
        var next = 0;
        foreach (var chunk in ChunksOf(window))
        {
            var range = _layout.PositionsOf(chunk);
            for (var position = range.First; position < range.End; position++)
            {
                positions[next++] = position;
            }
        }

        new CounterRandom(_seed, WindowPurpose, (ulong)Epoch, (ulong)window).Shuffle(positions.AsSpan());
        return positions;
    }

    private ArraySegment<int> ChunksOf(int window)
    {
        var first = window * _windowChunks;
        return new ArraySegment<int>(_chunks, first, Math.Min(_windowChunks, _chunks.Length - first));
    }
}
