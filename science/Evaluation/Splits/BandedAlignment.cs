using Ism.Structures;
using Ism.Structures.Alignments;

namespace Ism.Evaluation.Splits;

/// <summary>The best local alignment found in a band.</summary>
/// <param name="Score">BLOSUM62, gaps 11 to open (the first residue included 12) and 1 to extend.</param>
/// <param name="Identical">Columns with the same residue.</param>
/// <param name="Columns">Columns, gaps included.</param>
public readonly record struct LocalAlignment(int Score, int Identical, int Columns)
{
    /// <summary>Share of identical columns, 0 to 1.</summary>
    public double Identity => Columns == 0 ? 0 : (double)Identical / Columns;
}

/// <summary>
/// Local alignment (Smith and Waterman 1981, affine gaps by Gotoh 1982) within a band of diagonals. Carries the numbers of identical and of
/// all columns along with the scores, so that nothing has to be traced back. For one thread.
/// </summary>
internal sealed class BandedAlignment
{
    // The twenty and X.
    private const int Letters = Blosum62.Size + 1;
    private const int Open = 12, Extend = 1, Never = -10_000;

    private static readonly sbyte[] Scores = Square();

    private Cell[] _best = [];
    private Cell[] _gapInFirst = [];

    /// <summary>Residues as the numbers that <see cref="Align"/> takes.</summary>
    public static byte[] Encode(string sequence) => Array.ConvertAll(sequence.ToCharArray(), AminoAcids.Index);

    /// <summary>The best local alignment of two sequences on diagonals (second minus first position) from center - width to center +
    /// width.</summary>
    public LocalAlignment Align(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int center, int width)
    {
        if (_best.Length < second.Length + 1)
        {
            (_best, _gapInFirst) = (new Cell[second.Length + 1], new Cell[second.Length + 1]);
        }

        _best.AsSpan(0, second.Length + 1).Clear();
        _gapInFirst.AsSpan(0, second.Length + 1).Fill(new Cell(Never, 0, 0));
        var top = default(Cell);
        for (var i = 1; i <= first.Length; i++)
        {
            var (from, to) = (Math.Max(1, i + center - width), Math.Min(second.Length, i + center + width));
            if (from > to)
            {
                continue;
            }

            // Cells left of the band and above its right end belong to no alignment within it.
            var diagonal = from == 1 ? default : _best[from - 1];
            var gapInSecond = new Cell(Never, 0, 0);
            var left = new Cell(Never, 0, 0);
            for (var j = from; j <= to; j++)
            {
                var above = j == i + center + width ? new Cell(Never, 0, 0) : _best[j];
                var gapAbove = j == i + center + width ? new Cell(Never, 0, 0) : _gapInFirst[j];
                _gapInFirst[j] = Better(above.Step(-Open, false), gapAbove.Step(-Extend, false));
                gapInSecond = Better(left.Step(-Open, false), gapInSecond.Step(-Extend, false));
                var matched = diagonal.Step(
                    Scores[(first[i - 1] * Letters) + second[j - 1]], first[i - 1] == second[j - 1] && first[i - 1] < Letters - 1);
                var cell = Better(matched, Better(_gapInFirst[j], gapInSecond));
                diagonal = above.Score == Never ? default : above;
                cell = cell.Score > 0 ? cell : default;
                (_best[j], left) = (cell, cell);
                top = cell.Score > top.Score ? cell : top;
            }
        }

        return new LocalAlignment(top.Score, top.Identical, top.Columns);
    }

    private static Cell Better(Cell a, Cell b) => b.Score > a.Score ? b : a;

    // X is -1 against all.
    private static sbyte[] Square()
    {
        var square = new sbyte[Letters * Letters];
        square.AsSpan().Fill(-1);
        for (var a = 0; a < Blosum62.Size; a++)
        {
            for (var b = 0; b < Blosum62.Size; b++)
            {
                square[(a * Letters) + b] = (sbyte)Blosum62.Score(a, b);
            }
        }

        return square;
    }

    private readonly record struct Cell(int Score, int Identical, int Columns)
    {
        public Cell Step(int score, bool identical) => new(Score + score, Identical + (identical ? 1 : 0), Columns + 1);
    }
}
