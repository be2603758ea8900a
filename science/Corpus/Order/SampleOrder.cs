using Ism.Structures.Numerics;

namespace Ism.Corpus;

/// <summary>
/// Which structures a training step sees: a pure function of (catalogue size, chunk size, seed, step). Every epoch permutes the
/// chunks, takes them in windows of a few chunks, and shuffles all positions of a window together, so that at most a window's
/// token files are needed at once. A global batch is a run of that endless order and may cross the border of two epochs. Who
/// computes which sample plays no part. Memory is that of one window and one permutation of the chunks. Safe for concurrent
/// callers.
/// </summary>
public sealed class SampleOrder
{
    private const ulong VisitPurpose = 0x7669736974000001;
    private readonly ChunkLayout _layout;
    private readonly ulong _seed;
    private readonly int _windowChunks;

    // Replaced as a whole: a caller sees the old cache or the new one, and both give the same answers.
    private EpochOrder? _epoch;
    private Window? _window;

    /// <summary>The order of a catalogue of <paramref name="count"/> structures.</summary>
    /// <param name="count">Structures in the catalogue; at least 1.</param>
    /// <param name="chunkSize">Structures a chunk.</param>
    /// <param name="seed">The job's seed; another one gives another order.</param>
    /// <param name="windowChunks">Chunks whose positions are shuffled together; at least 1.</param>
    public SampleOrder(long count, int chunkSize, long seed, int windowChunks)
    {
        if (count < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count,
                "an order needs at least one structure; is the catalogue empty?");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(windowChunks, 1);
        _layout = new ChunkLayout(count, chunkSize);
        _seed = (ulong)seed;
        _windowChunks = Math.Min(windowChunks, _layout.ChunkCount);
    }

    /// <summary>Structures an epoch.</summary>
    public long Count => _layout.Count;

    /// <summary>All chunks in the order in which an epoch needs them: the order of leases.</summary>
    public IReadOnlyList<int> ChunkOrder(int epoch) => EpochOf(epoch).Chunks;

    /// <summary>The samples of a step: <paramref name="globalBatch"/> of them, from step · globalBatch on.</summary>
    public IReadOnlyList<SamplePosition> Step(long step, int globalBatch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(globalBatch, 1);
        return Positions(checked(step * globalBatch), globalBatch);
    }

    /// <summary><paramref name="n"/> samples of the endless order, from a global index on.</summary>
    public IReadOnlyList<SamplePosition> Positions(long globalIndexStart, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(globalIndexStart);
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        var samples = new SamplePosition[n];
        Window? window = null;
        for (var i = 0; i < n; i++)
        {
            var globalIndex = globalIndexStart + i;
            var epoch = checked((int)(globalIndex / Count));
            var index = globalIndex % Count;
            if (window is null || !window.Holds(epoch, index))
            {
                window = WindowAt(epoch, index);
            }

            var position = window.Positions[index - window.Start];
            samples[i] = new SamplePosition(globalIndex, epoch, position, _layout.ChunkOf(position), _layout.RowOf(position),
                DrawKey(epoch, position));
        }

        return samples;
    }

    /// <summary>The key of all draws of the visit to a position in an epoch.</summary>
    public ulong DrawKey(int epoch, long position) => CounterRandom.Key(_seed, VisitPurpose, (ulong)epoch, (ulong)position);

    private EpochOrder EpochOf(int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        var cached = Volatile.Read(ref _epoch);
        if (cached?.Epoch != epoch)
        {
            cached = new EpochOrder(_layout, _seed, _windowChunks, epoch);
            Volatile.Write(ref _epoch, cached);
        }

        return cached;
    }

    private Window WindowAt(int epoch, long index)
    {
        var cached = Volatile.Read(ref _window);
        if (cached is null || !cached.Holds(epoch, index))
        {
            var order = EpochOf(epoch);
            var (number, start) = order.WindowAt(index);
            cached = new Window(epoch, start, order.Shuffled(number));
            Volatile.Write(ref _window, cached);
        }

        return cached;
    }

    private sealed record Window(int Epoch, long Start, long[] Positions)
    {
        public bool Holds(int epoch, long index) => epoch == Epoch && index >= Start && index - Start < Positions.Length;
    }
}
