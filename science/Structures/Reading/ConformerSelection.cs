using System.Runtime.InteropServices;

namespace Ism.Structures;

/// <summary>
/// Picks one conformer per residue: of the alternate locations the one with the highest mean occupancy, the first on a tie. Where
/// two residue types share a position (microheterogeneity), the residue is picked the same way. An atom that the picked conformer
/// lacks but another one has is kept from the best of those, so that a residue whose alternates cover different atoms stays
/// whole.
/// </summary>
internal sealed class ConformerSelection
{
    private const double Tie = 1e-5;

    private readonly List<Candidate> _candidates = [];
    private bool[] _kept = [];
    private int[] _order = [];
    private int[] _first = [];
    private bool _moved;

    /// <summary>Residues with alternate locations.</summary>
    public int Alternates { get; private set; }

    /// <summary>Positions with several residue types, as "PRO/SER 22 -> PRO".</summary>
    public List<string> Heterogeneous { get; } = [];

    /// <summary>Atoms dropped because the same conformer names them twice.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Atom indices of the file sorted by residue, stable; residue r's are <see cref="First"/>[r] up to [r +
    /// 1].</summary>
    public ReadOnlySpan<int> Order => _order;

    /// <summary>Offsets in <see cref="Order"/> per residue, one more than residues.</summary>
    public ReadOnlySpan<int> First => _first;

    /// <summary>Per atom of the file, whether it is kept.</summary>
    public ReadOnlySpan<bool> Select(RawStructure raw)
    {
        (Alternates, Duplicates, _moved) = (0, 0, false);
        Heterogeneous.Clear();
        Reserve(raw);
        Sort(raw);
        var residues = CollectionsMarshal.AsSpan(raw.Residues);
        for (var r = 0; r < residues.Length;)
        {
            var end = r + 1;
            while (end < residues.Length && residues[end].Key.SameSite(residues[r].Key)
                && residues[end].Key.Name != residues[r].Key.Name
                && AreAlternatives(raw, r, end))
            {
                end++;
            }

            if (end - r > 1 || AnyAlternate(raw, r))
            {
                Pick(raw, r, end);
            }

            for (; r < end; r++)
            {
                DropDuplicates(raw, r);
            }
        }

        if (_moved)
        {
            Sort(raw);
        }

        return _kept.AsSpan(0, raw.AtomCount);
    }

    private void Reserve(RawStructure raw)
    {
        var atoms = raw.AtomCount;
        if (_kept.Length < atoms)
        {
            _kept = new bool[raw.Atoms.Length];
            _order = new int[raw.Atoms.Length];
        }

        if (_first.Length < raw.Residues.Count + 1)
        {
            _first = new int[(raw.Residues.Count + 1) * 2];
        }

        _kept.AsSpan(0, atoms).Fill(true);
    }

    private void Sort(RawStructure raw)
    {
        var atoms = raw.AtomCount;
        var first = _first.AsSpan(0, raw.Residues.Count + 1);
        first.Clear();
        for (var i = 0; i < atoms; i++)
        {
            first[raw.Atoms[i].Residue + 1]++;
        }

        for (var r = 1; r < first.Length; r++)
        {
            first[r] += first[r - 1];
        }

        // Filling shifts every offset to its residue's end; shifting back afterwards restores the starts.
        for (var i = 0; i < atoms; i++)
        {
            _order[first[raw.Atoms[i].Residue]++] = i;
        }

        for (var r = first.Length - 1; r > 0; r--)
        {
            first[r] = first[r - 1];
        }

        first[0] = 0;
    }

    private void Pick(RawStructure raw, int from, int end)
    {
        _candidates.Clear();
        for (var r = from; r < end; r++)
        {
            foreach (var i in AtomsOf(r))
            {
                ref readonly var atom = ref raw.Atoms[i];
                if (atom.Altloc != 0)
                {
                    Count(r, atom.Altloc, atom.Occupancy);
                }
            }
        }

        var best = _candidates[0];
        foreach (var candidate in _candidates)
        {
            if (candidate.Mean > best.Mean + Tie)
            {
                best = candidate;
            }
        }

        Alternates++;
        for (var r = from; r < end; r++)
        {
            if (r == best.Residue)
            {
                KeepConformer(raw, r, best.Altloc);
            }
            else
            {
                foreach (var i in AtomsOf(r))
                {
                    if (raw.Atoms[i].Altloc == 0)
                    {
                        raw.Atoms[i].Residue = best.Residue;
                        _moved = true;
                    }
                    else
                    {
                        _kept[i] = false;
                    }
                }
            }
        }

        if (end - from > 1)
        {
            var names = string.Join('/', Enumerable.Range(from, end - from).Select(r =>
                PackedName.Text(raw.Residues[r].Key.Name)));
            var key = raw.Residues[from].Key;
            var picked = PackedName.Text(raw.Residues[best.Residue].Key.Name);
            Heterogeneous.Add($"{names} {raw.Chains[key.Chain].Id}{key.Number} -> {picked}");
        }
    }

    private void Count(int residue, byte altloc, float occupancy)
    {
        var candidates = CollectionsMarshal.AsSpan(_candidates);
        foreach (ref var candidate in candidates)
        {
            if (candidate.Residue == residue && candidate.Altloc == altloc)
            {
                candidate.Sum += occupancy;
                candidate.Atoms++;
                return;
            }
        }

        _candidates.Add(new Candidate { Residue = residue, Altloc = altloc, Sum = occupancy, Atoms = 1 });
    }

    private void KeepConformer(RawStructure raw, int residue, byte altloc)
    {
        var atoms = AtomsOf(residue);
        foreach (var i in atoms)
        {
            ref readonly var atom = ref raw.Atoms[i];
            if (atom.Altloc == 0 || atom.Altloc == altloc)
            {
                continue;
            }

            // Kept only where neither the picked conformer nor an unlabelled atom has the name, and no better alternate does.
            foreach (var j in atoms)
            {
                ref readonly var other = ref raw.Atoms[j];
                if (j != i && other.Name == atom.Name
                    && (other.Altloc == 0 || other.Altloc == altloc || other.Occupancy > atom.Occupancy + Tie
                        || (j < i && other.Occupancy > atom.Occupancy - Tie)))
                {
                    _kept[i] = false;
                    break;
                }
            }
        }
    }

    private void DropDuplicates(RawStructure raw, int residue)
    {
        // Only where a name can stand for one atom alone: ions and unnamed ligand atoms may repeat theirs.
        if (raw.Residues[residue].AlphaConformers == 0)
        {
            return;
        }

        var atoms = AtomsOf(residue);
        if (AllNamesDiffer(raw, atoms))
        {
            return;
        }

        for (var a = 1; a < atoms.Length; a++)
        {
            for (var b = 0; b < a; b++)
            {
                if (_kept[atoms[a]] && _kept[atoms[b]] && raw.Atoms[atoms[a]].Name == raw.Atoms[atoms[b]].Name)
                {
                    _kept[atoms[a]] = false;
                    Duplicates++;
                }
            }
        }
    }

    // False also where two names only hash alike: then all pairs are compared.
    private static bool AllNamesDiffer(RawStructure raw, ReadOnlySpan<int> atoms)
    {
        ulong seen = 0;
        foreach (var i in atoms)
        {
            var bit = 1UL << (int)((raw.Atoms[i].Name * 0x9E3779B97F4A7C15UL) >> 58);
            if ((seen & bit) != 0)
            {
                return false;
            }

            seen |= bit;
        }

        return true;
    }

    private ReadOnlySpan<int> AtomsOf(int residue) => _order.AsSpan(_first[residue], _first[residue + 1] - _first[residue]);

    private bool AnyAlternate(RawStructure raw, int residue)
    {
        foreach (var i in AtomsOf(residue))
        {
            if (raw.Atoms[i].Altloc != 0)
            {
                return true;
            }
        }

        return false;
    }

    // Two residue types at one position stand for alternatives when both carry labels, and different ones; unlabelled atoms
    // (often N) are then written with one of them and belong to both.
    private bool AreAlternatives(RawStructure raw, int first, int second)
    {
        bool blankInFirst = false, blankInSecond = false;
        foreach (var i in AtomsOf(first))
        {
            foreach (var j in AtomsOf(second))
            {
                var (a, b) = (raw.Atoms[i].Altloc, raw.Atoms[j].Altloc);
                blankInFirst |= a == 0;
                blankInSecond |= b == 0;
                if (a == b)
                {
                    return false;
                }
            }
        }

        return !(blankInFirst && blankInSecond) && AnyAlternate(raw, first) && AnyAlternate(raw, second);
    }

    private struct Candidate
    {
        public int Residue;
        public byte Altloc;
        public double Sum;
        public int Atoms;

        public readonly double Mean => Sum / Atoms;
    }
}
