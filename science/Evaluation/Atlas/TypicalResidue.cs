using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>A structure with its tokens.</summary>
/// <param name="Structure">Read with atom names.</param>
/// <param name="Tokens">Token of each of <see cref="Structure.Residues"/>; <see cref="None"/> for what is in no chain.</param>
public sealed record TokenisedStructure(Structure Structure, int[] Tokens)
{
    /// <summary>Of a residue without a token.</summary>
    public const int None = -1;
}

/// <summary>A residue that is typical of its token: its embedding is near the token's centroid.</summary>
/// <param name="Of">Its structure.</param>
/// <param name="Set">Name of the set that the structure is of.</param>
/// <param name="Chain">Id of its chain.</param>
/// <param name="Residue">Index in <see cref="Structure.Residues"/>.</param>
/// <param name="SquaredDistance">Of its embedding from the centroid.</param>
/// <param name="Neighbours">Indices of the atoms of its microenvironment.</param>
/// <param name="Seen">What was counted of it.</param>
public sealed record TypicalResidue(
    TokenisedStructure Of, string Set, string Chain, int Residue, double SquaredDistance, int[] Neighbours, ObservedResidue Seen)
{
    /// <summary>"1abc A L 37": structure, chain, amino acid and number as the file has them.</summary>
    public string Label
    {
        get
        {
            ref readonly var residue = ref Of.Structure.Residues[Residue];
            var code = residue.InsertionCode == ' ' ? "" : residue.InsertionCode.ToString();
            return FormattableString.Invariant($"{Of.Structure.Name} {Chain} {residue.Letter}{residue.Number}{code}");
        }
    }
}

/// <summary>Keeps, for every token, the residues nearest to its centroid, no two of one structure. Of equal distances the first met is kept,
/// so that the same structures in the same order give the same residues. Not safe for concurrent writers.</summary>
/// <param name="tokens">Tokens K.</param>
/// <param name="each">Residues kept for each.</param>
public sealed class TypicalResidues(int tokens, int each)
{
    private readonly List<TypicalResidue>[] _kept = [.. Enumerable.Range(0, tokens).Select(_ => new List<TypicalResidue>(each + 1))];

    /// <summary>Those of a token, the nearest first.</summary>
    public IReadOnlyList<TypicalResidue> this[int token] => _kept[token];

    /// <summary>Whether a residue at this distance would be kept, so that others need not be made.</summary>
    public bool Wants(int token, double squaredDistance) =>
        each > 0 && (_kept[token].Count < each || squaredDistance < _kept[token][^1].SquaredDistance);

    /// <summary>Keeps a residue if it is among the nearest.</summary>
    public void Offer(int token, TypicalResidue candidate)
    {
        var kept = _kept[token];
        var same = kept.FindIndex(other => other.Of.Structure.Name == candidate.Of.Structure.Name);
        if (!Wants(token, candidate.SquaredDistance) || (same >= 0 && kept[same].SquaredDistance <= candidate.SquaredDistance))
        {
            return;
        }

        if (same >= 0)
        {
            kept.RemoveAt(same);
        }

        var place = kept.FindIndex(other => other.SquaredDistance > candidate.SquaredDistance);
        kept.Insert(place < 0 ? kept.Count : place, candidate);
        if (kept.Count > each)
        {
            kept.RemoveAt(kept.Count - 1);
        }
    }
}
