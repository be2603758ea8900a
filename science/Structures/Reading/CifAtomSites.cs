namespace Ism.Structures;

/// <summary>The columns of an atom_site loop that are read; -1 where the file has none.</summary>
internal struct AtomSiteColumns()
{
    public int Group = -1;
    public int Symbol = -1;
    public int LabelAtom = -1;
    public int AuthAtom = -1;
    public int Altloc = -1;
    public int LabelComp = -1;
    public int AuthComp = -1;
    public int LabelAsym = -1;
    public int AuthAsym = -1;
    public int LabelSeq = -1;
    public int AuthSeq = -1;
    public int Insertion = -1;
    public int X = -1;
    public int Y = -1;
    public int Z = -1;
    public int Occupancy = -1;
    public int BFactor = -1;
    public int Model = -1;

    public int Count;

    /// <summary>Takes the next tag of the loop, without its "_atom_site." prefix.</summary>
    public void Add(ReadOnlySpan<byte> item)
    {
        var column = Count++;
        switch (System.Text.Encoding.ASCII.GetString(item).ToLowerInvariant())
        {
            case "group_pdb": Group = column; break;
            case "type_symbol": Symbol = column; break;
            case "label_atom_id": LabelAtom = column; break;
            case "auth_atom_id": AuthAtom = column; break;
            case "label_alt_id": Altloc = column; break;
            case "label_comp_id": LabelComp = column; break;
            case "auth_comp_id": AuthComp = column; break;
            case "label_asym_id": LabelAsym = column; break;
            case "auth_asym_id": AuthAsym = column; break;
            case "label_seq_id": LabelSeq = column; break;
            case "auth_seq_id": AuthSeq = column; break;
            case "pdbx_pdb_ins_code": Insertion = column; break;
            case "cartn_x": X = column; break;
            case "cartn_y": Y = column; break;
            case "cartn_z": Z = column; break;
            case "occupancy": Occupancy = column; break;
            case "b_iso_or_equiv": BFactor = column; break;
            case "pdbx_pdb_model_num": Model = column; break;
            default: break;
        }
    }

    /// <summary>The columns that are read, of those that the file has.</summary>
    public readonly IEnumerable<int> Used()
    {
        int[] all =
        [
            Group, Symbol, LabelAtom, AuthAtom, Altloc, LabelComp, AuthComp, LabelAsym, AuthAsym, LabelSeq, AuthSeq, Insertion, X, Y, Z,
            Occupancy, BFactor, Model,
        ];
        return all.Where(column => column >= 0);
    }

    /// <summary>The first item that reading cannot do without and the loop lacks, or null.</summary>
    public readonly string? Missing() =>
        X < 0 ? "Cartn_x" : Y < 0 ? "Cartn_y" : Z < 0 ? "Cartn_z"
        : LabelAtom < 0 && AuthAtom < 0 ? "label_atom_id"
        : LabelComp < 0 && AuthComp < 0 ? "label_comp_id"
        : LabelSeq < 0 && AuthSeq < 0 ? "auth_seq_id"
        : null;
}
