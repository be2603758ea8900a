using System.IO.Hashing;
using Ism.Corpus;
using Ism.Structures.Numerics;

namespace Ism.GpuTrainer.Samples;

/// <summary>
/// A number that says which samples a step was really made of: the sum modulo 2^64, over all samples of the global batch, of
/// H = CounterRandom.Key(position, draw key, XXH64(payload)). A sum, so that ranks add up their shares in any order and the number does
/// not depend on how many there are. Anyone who has catalogue, seed and token files can compute it again.
/// </summary>
public static class SampleDigest
{
    /// <summary>H of one sample; an empty position has a payload of no bytes.</summary>
    public static ulong Of(SamplePosition position, ReadOnlySpan<byte> payload) =>
        CounterRandom.Key((ulong)position.Position, position.DrawKey, XxHash64.HashToUInt64(payload));

    /// <summary>The sum over a share.</summary>
    public static ulong Of(IReadOnlyList<FetchedSample> share)
    {
        var sum = 0UL;
        foreach (var sample in share)
        {
            sum = unchecked(sum + Of(sample.Position, sample.Bytes.Span));
        }

        return sum;
    }

    /// <summary>As it stands in metrics.jsonl: 16 hexadecimal digits.</summary>
    public static string Text(ulong digest) => digest.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
