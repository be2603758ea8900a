using Ism.Structures.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>Where alignments of generated proteins go, and how deep they are.</summary>
/// <param name="Folder">Folder of the A3M files.</param>
/// <param name="Sequences">Sequences beside the query.</param>
public sealed record AlignmentSynthesis(string Folder, int Sequences);

/// <summary>
/// Relatives of a generated protein, as A3M: in each a share of the residues of its own is drawn anew from what stands at such a place (state,
/// burial, torsion), a stretch may be missing and a few residues may be inserted. So a column says what its surroundings suit, as in
/// nature, and MutRank has something to learn. A pure function of seed, index and protein.
/// </summary>
internal static class SyntheticAlignment
{
    private const ulong Purpose = 0x616C69676E000001;
    private const double Closest = 0.1, Farthest = 0.9;
    private const double GapShare = 0.3, InsertionShare = 0.2;
    private const int LongestGap = 12, LongestInsertion = 5;

    /// <summary>Writes query and relatives.</summary>
    public static void Write(SyntheticProtein protein, int sequences, long seed, int index, TextWriter writer)
    {
        writer.Write($">{protein.Name}\n{protein.Sequence}\n");
        for (var relative = 1; relative <= sequences; relative++)
        {
            var random = new CounterRandom(Purpose, (ulong)seed, (ulong)index, (ulong)relative);
            writer.Write($">{protein.Name}_relative{relative}\n{Relative(protein, ref random)}\n");
        }
    }

    private static string Relative(SyntheticProtein protein, ref CounterRandom random)
    {
        var residues = protein.Residues;
        var changed = Closest + ((Farthest - Closest) * random.NextDouble());
        var gap = random.NextDouble() < GapShare ? 1 + random.NextInt32(LongestGap) : 0;
        var gapAt = random.NextInt32(residues.Count);
        var inserted = random.NextDouble() < InsertionShare ? 1 + random.NextInt32(LongestInsertion) : 0;
        var insertAt = random.NextInt32(residues.Count);
        var letters = new System.Text.StringBuilder(residues.Count + inserted);
        for (var i = 0; i < residues.Count; i++)
        {
            var (residue, anew) = (residues[i], random.NextDouble() < changed);
            var drawn = Propensities.Draw(ref random, residue.State, residue.Burial, residue.Phi, residue.Letter == 'P');
            letters.Append(i >= gapAt && i < gapAt + gap ? '-' : anew ? AminoAcids.Letters[drawn] : residue.Letter);
            for (var k = 0; i == insertAt && k < inserted; k++)
            {
                letters.Append(char.ToLowerInvariant(AminoAcids.Letters[random.NextInt32(AminoAcids.Letters.Length)]));
            }
        }

        return letters.ToString();
    }
}
