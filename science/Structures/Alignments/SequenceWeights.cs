using System.Numerics;
using System.Runtime.Intrinsics;

namespace Ism.Structures.Alignments;

/// <summary>
/// Weights that keep families of near copies from speaking for a column: w_s = 1 / (number of sequences t, s itself among them, that have the same
/// residue as s in at least 80 % of the columns in which s has one) (Hopf et al., Nat. Biotechnol. 35, 2017; Riesselman et al., Nat. Methods
/// 15, 2018). Their sum is the effective number of sequences. All pairs are compared, 64 columns at a time: a few instructions for each.
/// </summary>
public static class SequenceWeights
{
    /// <summary>Share of identical residues from which two sequences count as one.</summary>
    public const double DefaultIdentity = 0.8;

    // Sequences that stay in the first-level cache while all others pass by.
    private const int Block = 32;
    private const byte NoneLeft = 254;
    private const byte NoneRight = 255;

    /// <summary>One weight a sequence, above 0 and at most 1; 0 for one without residues.</summary>
    /// <param name="alignment">The sequences.</param>
    /// <param name="identity">Above 0, at most 1.</param>
    /// <exception cref="OverflowException">More than 2 GiB of residues and gaps: thin the alignment out.</exception>
    public static double[] Of(SequenceAlignment alignment, double identity = DefaultIdentity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(identity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(identity, 1);
        var count = alignment.Count;
        var stride = (alignment.Columns + Vector512<byte>.Count - 1) / Vector512<byte>.Count * Vector512<byte>.Count;
        var codes = new byte[checked(count * stride)];
        Array.Fill(codes, NoneRight);
        var (residues, needed, alike) = (new int[count], new int[count], new int[count]);
        for (var s = 0; s < count; s++)
        {
            var row = alignment.Row(s);
            for (var i = 0; i < row.Length; i++)
            {
                if (row[i] < AminoAcids.Unknown)
                {
                    codes[(s * stride) + i] = row[i];
                    residues[s]++;
                }
            }

            // Without residues it is like no other. The small number keeps 0.8 x 5 at 4.
            needed[s] = residues[s] == 0 ? int.MaxValue : (int)Math.Ceiling((identity * residues[s]) - 1e-9);
            alike[s] = 1;
        }

        var block = new byte[Block * stride];
        for (var first = 0; first < count; first += Block)
        {
            var rows = Math.Min(Block, count - first);
            for (var i = 0; i < rows * stride; i++)
            {
                var code = codes[(first * stride) + i];
                block[i] = code == NoneRight ? NoneLeft : code;
            }

            for (var t = first + 1; t < count; t++)
            {
                var other = codes.AsSpan(t * stride, stride);
                for (var k = 0; k < rows && first + k < t; k++)
                {
                    var s = first + k;
                    if (residues[t] < needed[s] && residues[s] < needed[t])
                    {
                        continue;
                    }

                    var same = Same(block.AsSpan(k * stride, stride), other);
                    alike[s] += same >= needed[s] ? 1 : 0;
                    alike[t] += same >= needed[t] ? 1 : 0;
                }
            }
        }

        return [.. alike.Select((others, s) => residues[s] == 0 ? 0 : 1.0 / others)];
    }

    // Columns with the same code; gaps and padding have different ones on the two sides.
    private static int Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var same = 0;
        for (var i = 0; i < left.Length; i += Vector512<byte>.Count)
        {
            same += BitOperations.PopCount(
                Vector512.Equals(Vector512.Create(left[i..]), Vector512.Create(right[i..])).ExtractMostSignificantBits());
        }

        return same;
    }
}
