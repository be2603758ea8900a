using System.Collections.ObjectModel;
using Ism.Corpus;

namespace Ism.GpuTrainer.Samples;

/// <summary>A visited position and the bytes of its sample; empty when the position yields none.</summary>
public readonly record struct FetchedSample(SamplePosition Position, ReadOnlyMemory<byte> Bytes);

/// <summary>A rank's share of a global batch, in the order of the batch.</summary>
/// <param name="samples">Its samples.</param>
/// <param name="plan">By what it was shared out: <see cref="WorkShares.Fingerprint"/> of the costs, 0 by count. Shares of one step belong
/// together only when all ranks have the same.</param>
public sealed class FetchedShare(IList<FetchedSample> samples, long plan = 0) : ReadOnlyCollection<FetchedSample>(samples)
{
    /// <summary>By what it was shared out.</summary>
    public long Plan => plan;
}
