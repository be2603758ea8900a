using Ism.Structures;
using Ism.Structures.Numerics;

namespace Ism.Cli.Estimation;

/// <summary>How long the proteins of a corpus are, from many of its structures: reading costs little beside the rest of an estimate, and
/// what was measured on a few is scaled to the lengths of many.</summary>
public sealed class LengthSurvey
{
    private const ulong Purpose = 0x737572766579;
    private readonly int[][] _chains;

    /// <param name="chains">Residues of each structure's chains; none for a structure that is refused.</param>
    public LengthSurvey(IReadOnlyList<int[]> chains) => _chains = [.. chains];

    /// <summary>Structures read.</summary>
    public int Structures => _chains.Length;

    /// <summary>Residues of a structure in the mean, refused ones counted as empty.</summary>
    public double Residues => _chains.Average(c => (double)c.Sum());

    /// <summary>Reads structures.</summary>
    public static LengthSurvey Of(IReadOnlyList<StructureEntry> entries, StructureReaderOptions reading) => new(
        [.. StructureBatch.Read(entries, reading).Select(read => read.Structure is { } s ? s.Chains.Select(c => c.Length).ToArray() : [])]);

    /// <summary>Residues of a visit's crop in the mean; a refused structure's is empty.</summary>
    public double CropResidues(int crop) => _chains.Average(c => c.Length == 0 ? 0 : c.Average(length => (double)Math.Min(length, crop)));

    /// <summary>Tokens of the heaviest share of so many drawn batches, which the ranks share out evenly.</summary>
    /// <param name="globalBatch">Samples of a batch.</param>
    /// <param name="trainers">Ranks.</param>
    /// <param name="batches">How many are drawn.</param>
    /// <param name="crop">Longest crop.</param>
    public long HeaviestShare(int globalBatch, int trainers, long batches, int crop)
    {
        var random = new CounterRandom(Purpose, (ulong)globalBatch);
        var most = 0L;
        for (var batch = 0L; batch < batches; batch++)
        {
            var tokens = 0L;
            for (var i = 0; i < globalBatch; i++)
            {
                var chains = _chains[random.NextInt32(_chains.Length)];
                tokens += chains.Length == 0 ? 0 : Math.Min(crop, chains[random.NextInt32(chains.Length)]) + 2;
            }

            most = Math.Max(most, tokens / trainers);
        }

        return most;
    }
}
