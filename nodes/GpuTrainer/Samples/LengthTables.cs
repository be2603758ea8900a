using Ism.Corpus;
using Ism.Corpus.Streaming;

namespace Ism.GpuTrainer.Samples;

/// <summary>The lengths of chunks' chains that a rank has been told. A chunk is asked for once in a window of the order, and kept while
/// there is room. For one actor.</summary>
internal sealed class LengthTables
{
    // A chunk of 256 structures takes about 3 KB.
    private const int MostChunks = 8192;
    private readonly Dictionary<int, ChunkLengths?> _tables = [];

    /// <summary>Whether the chunk must be asked for: true once, until its lengths are let go.</summary>
    public bool Ask(int chunk) => _tables.TryAdd(chunk, null);

    /// <summary>The lengths of a chunk have come.</summary>
    public void Add(int chunk, ChunkLengths lengths) => _tables[chunk] = lengths;

    /// <summary>When there are too many, lets all go but those of positions that are still to be shared out.</summary>
    public void Trim(IEnumerable<SamplePosition> coming)
    {
        if (_tables.Count <= MostChunks)
        {
            return;
        }

        var needed = coming.Select(p => p.Chunk).ToHashSet();
        foreach (var chunk in _tables.Keys.Where(chunk => !needed.Contains(chunk)).ToList())
        {
            _tables.Remove(chunk);
        }
    }

    /// <summary>The residues of each crop of a batch; null while the lengths of a chunk are not there.</summary>
    public int[]? Of(IReadOnlyList<SamplePosition> batch, int crop)
    {
        var residues = new int[batch.Count];
        for (var i = 0; i < residues.Length; i++)
        {
            if (_tables.GetValueOrDefault(batch[i].Chunk) is not { } lengths)
            {
                return null;
            }

            residues[i] = lengths.CropLength(batch[i].Row, batch[i].DrawKey, crop);
        }

        return residues;
    }
}
