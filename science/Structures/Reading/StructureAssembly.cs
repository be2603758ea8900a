namespace Ism.Structures;

/// <summary>Turns what a parser gathered into a <see cref="Structure"/>: conformers, chains, limits, pLDDT, notes.</summary>
internal sealed class StructureAssembly
{
    private readonly ConformerSelection _conformers = new();
    private BackboneAtoms[] _backbones = [];
    private bool[] _isProtein = [];
    private int[] _chainOf = [];

    /// <exception cref="StructureRefusedException">Nothing usable is left.</exception>
    public Structure Build(RawStructure raw, string name)
    {
        if (raw.AtomCount == 0)
        {
            throw raw.Facts.Waters + raw.Facts.Hydrogens == 0
                ? raw.Refuse(RefusalReason.NoAtoms, raw.Facts.LastLine, "no atom in the first model")
                : raw.Refuse(RefusalReason.NoProtein, 0, "nothing but waters and hydrogens");
        }

        var kept = _conformers.Select(raw);
        FindBackbones(raw, kept);
        var isProtein = _isProtein.AsSpan(0, raw.Residues.Count);
        PolymerResidues.Mark(raw, _backbones.AsSpan(0, raw.Residues.Count), isProtein);

        var notes = new ReadingNotes(raw, _conformers);
        var used = ChainFilter.Choose(raw, _conformers, kept, isProtein, _backbones, notes);
        var evidence = PredictedModel.Evidence(raw, kept);
        var scale = PlddtScale(raw, kept, evidence, notes);
        return Emit(raw, name, kept, isProtein, used, scale, notes);
    }

    private void FindBackbones(RawStructure raw, ReadOnlySpan<bool> kept)
    {
        var count = raw.Residues.Count;
        if (_backbones.Length < count)
        {
            _backbones = new BackboneAtoms[count * 2];
            _isProtein = new bool[count * 2];
            _chainOf = new int[count * 2];
        }

        _isProtein.AsSpan(0, count).Clear();
        var order = _conformers.Order;
        var first = _conformers.First;
        for (var r = 0; r < count; r++)
        {
            int n = -1, alpha = -1, c = -1, atoms = 0;
            foreach (var i in order[first[r]..first[r + 1]])
            {
                ref readonly var atom = ref raw.Atoms[i];
                if (!kept[i])
                {
                    continue;
                }

                atoms++;
                if (atom.Name == AtomNames.CA && atom.Element == ElementType.C)
                {
                    alpha = i;
                }
                else if (atom.Name == AtomNames.N)
                {
                    n = i;
                }
                else if (atom.Name == AtomNames.C)
                {
                    c = i;
                }
            }

            _backbones[r] = new BackboneAtoms(n, alpha, c, atoms);
        }
    }

    // The factor from B-factor to pLDDT, or 0 where the B-factor is none. Some programs write pLDDT as 0 to 1.
    private float PlddtScale(RawStructure raw, ReadOnlySpan<bool> kept, string? evidence, ReadingNotes notes)
    {
        if (evidence is null)
        {
            return 0;
        }

        float lowest = float.MaxValue, highest = float.MinValue;
        for (var i = 0; i < raw.AtomCount; i++)
        {
            if (kept[i] && !float.IsNaN(raw.Atoms[i].BFactor))
            {
                lowest = Math.Min(lowest, raw.Atoms[i].BFactor);
                highest = Math.Max(highest, raw.Atoms[i].BFactor);
            }
        }

        if (!(highest > 0) || lowest < 0 || highest > 100)
        {
            notes.Add($"predicted model ({evidence}), but the B-factor column is no pLDDT: pLDDT unknown");
            return 0;
        }

        notes.Add($"predicted model ({evidence}): B-factor column is pLDDT"
            + (highest <= 1 ? ", scaled from 0..1 to 0..100" : ""));
        return highest <= 1 ? 100 : 1;
    }

    private Structure Emit(
        RawStructure raw, string name, ReadOnlySpan<bool> kept, ReadOnlySpan<bool> isProtein, List<ChainDraft> used, float scale,
            ReadingNotes notes)
    {
        var order = _conformers.Order;
        var first = _conformers.First;
        var chainOf = _chainOf.AsSpan(0, raw.Residues.Count);
        chainOf.Fill(-1);
        for (var c = 0; c < used.Count; c++)
        {
            foreach (var r in used[c].Residues)
            {
                chainOf[r] = c;
            }
        }

        var total = kept.Count(true);
        var atoms = new AtomTable(new float[total], new float[total], new float[total], new byte[total], new int[total])
        {
            Names = raw.Options.KeepAtomNames ? new ulong[total] : null,
        };
        var residues = new List<Residue>(raw.Residues.Count);
        var indices = used.ConvertAll(draft => new int[draft.Residues.Count]);
        var filled = new int[used.Count];
        var next = 0;
        for (var r = 0; r < raw.Residues.Count; r++)
        {
            var start = next;
            var alpha = -1;
            foreach (var i in order[first[r]..first[r + 1]])
            {
                if (!kept[i])
                {
                    continue;
                }

                ref readonly var atom = ref raw.Atoms[i];
                alpha = i == _backbones[r].Alpha ? next : alpha;
                atoms.X[next] = atom.X;
                atoms.Y[next] = atom.Y;
                atoms.Z[next] = atom.Z;
                atoms.Elements[next] = (byte)atom.Element;
                if (atoms.Names is { } names)
                {
                    names[next] = atom.Name;
                }

                atoms.Residue[next++] = residues.Count;
            }

            if (next == start)
            {
                continue;
            }

            var key = raw.Residues[r].Key;
            var entry = ResidueNames.Find(key.Name);
            var chain = chainOf[r];
            if (chain >= 0)
            {
                indices[chain][filled[chain]++] = residues.Count;
            }

            var plddt = scale > 0 && isProtein[r] && _backbones[r].Alpha >= 0 ? raw.Atoms[_backbones[r].Alpha].BFactor * scale
                : float.NaN;
            residues.Add(new Residue(entry.Name, entry.AminoAcid, key.Number, (char)key.Insertion, chain, start, next - start,
                isProtein[r] ? alpha : -1, plddt));
        }

        var rows = residues.ToArray();
        var chains = new ProteinChain[used.Count];
        for (var c = 0; c < chains.Length; c++)
        {
            chains[c] = Chain(used[c].Id, indices[c], rows, scale > 0);
        }

        notes.Surroundings(rows);
        return new Structure(name, raw.Facts.Format, atoms, rows, chains, scale > 0, notes.ToArray());
    }

    private static ProteinChain Chain(string id, int[] indices, Residue[] residues, bool predicted)
    {
        var sequence = string.Create(indices.Length, (indices, residues), static (letters, state) =>
        {
            for (var i = 0; i < letters.Length; i++)
            {
                letters[i] = state.residues[state.indices[i]].Letter;
            }
        });
        return new ProteinChain(id, sequence, indices, predicted ? Array.ConvertAll(indices, i => residues[i].Plddt) : null);
    }
}

/// <summary>A chain in the making: its residues with C-alpha, as indices of the raw structure.</summary>
internal sealed record ChainDraft(string Id, int RawChain, List<int> Residues);
