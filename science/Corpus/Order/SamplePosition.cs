namespace Ism.Corpus;

/// <summary>One sample of a global batch: a visit to one structure.</summary>
/// <param name="GlobalIndex">Place in the endless order: step · global batch + place in the batch.</param>
/// <param name="Epoch">How often the whole catalogue was visited before.</param>
/// <param name="Position">The structure's position in the catalogue.</param>
/// <param name="Chunk">The chunk of that position.</param>
/// <param name="Row">The place in that chunk.</param>
/// <param name="DrawKey">Key of everything drawn at this visit (chain, crop, mask): a function of seed, epoch and
/// position.</param>
public readonly record struct SamplePosition(long GlobalIndex, int Epoch, long Position, int Chunk, int Row, ulong DrawKey);
