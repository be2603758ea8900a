using Ism.Structures.Alignments;
using Ism.Structures.Numerics;

namespace Ism.Structures.Tests.Alignments;

public class SequenceWeightsTests
{
    [Fact]
    public void Should_share_one_weight_among_near_copies()
    {
        // The second is 4/5 the first, the third 3/5 of both; the fourth has 4 residues, all those of the first, of whose 5 they are 4.
        var weights = SequenceWeights.Of(Aligned.Of("ACDEF", "ACDEG", "ACDWY", "ACDE-"));
        Assert.Equal([1 / 3.0, 1 / 3.0, 1.0, 1 / 3.0], weights);
    }

    [Fact]
    public void Should_count_identity_by_the_residues_of_the_one_whose_weight_it_is()
    {
        // The fragment is in the whole, the whole is not in the fragment; gaps are not alike, X is like nothing, and rows of gaps weigh nothing.
        Assert.Equal([1.0, 0.5], SequenceWeights.Of(Aligned.Of("ACDEF", "AC---")));
        Assert.Equal([1.0, 0.0, 1.0], SequenceWeights.Of(Aligned.Of("AXXXX", "-----", "CXXXX")));
        Assert.Equal([0.5, 0.5], SequenceWeights.Of(Aligned.Of("AX", "AX")));
        Assert.Equal([1.0, 1.0], SequenceWeights.Of(Aligned.Of("ACDEF", "ACDEG"), identity: 0.81));
        Assert.Throws<ArgumentOutOfRangeException>(() => SequenceWeights.Of(Aligned.Of("A"), 0));
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(64, 65)]
    [InlineData(100, 131)]
    public void Should_be_those_of_a_plain_comparison_of_all_pairs(int sequences, int columns)
    {
        var random = new CounterRandom((ulong)sequences, (ulong)columns);
        var rows = new byte[sequences][];
        for (var s = 0; s < sequences; s++)
        {
            // A few families, some of their members fragments.
            rows[s] = new byte[columns];
            var (family, change, from) = (s % 7, random.NextDouble() * 0.4, random.NextInt32(columns / 2));
            for (var i = 0; i < columns; i++)
            {
                rows[s][i] = (byte)(i < from && s % 3 == 0 ? 21 : random.NextDouble() < change ? random.NextInt32(22) : ((family * 5) + (i * i)) % 20);
            }
        }

        var expected = rows.Select(one => 1.0 / Math.Max(1, rows.Count(other => Alike(one, other)))).ToArray();
        Assert.Equal(expected, SequenceWeights.Of(new SequenceAlignment(rows)));
        Assert.True(sequences == 1 || expected.Distinct().Count() > 3);

        static bool Alike(byte[] one, byte[] other) => ReferenceEquals(one, other)
            || one.Zip(other).Count(pair => pair.First < 20 && pair.First == pair.Second) >= 0.8 * one.Count(code => code < 20);
    }
}
