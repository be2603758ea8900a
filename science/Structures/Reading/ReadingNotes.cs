namespace Ism.Structures;

/// <summary>Gathers what was decided while reading one file, as sentences for <see cref="Structure.Notes"/>.</summary>
internal sealed class ReadingNotes(RawStructure raw, ConformerSelection conformers)
{
    private const int MostListed = 8;

    private readonly List<string> _notes = [];
    private readonly SortedDictionary<string, int> _modified = new(StringComparer.Ordinal);
    private readonly List<string> _withoutAlpha = [];
    private readonly List<string> _outOfOrder = [];
    private int _unknown;

    public void Add(string note) => _notes.Add(note);

    public void WithoutAlpha(int residue) => _withoutAlpha.Add(Describe(residue));

    /// <summary>Takes note of a residue just added to a chain.</summary>
    public void Protein(int residue, ChainDraft draft)
    {
        var key = raw.Residues[residue].Key;
        var entry = ResidueNames.Find(key.Name);
        if (entry.Kind == ResidueKind.ModifiedAminoAcid)
        {
            var pair = $"{entry.Name}={AminoAcids.Letter(entry.AminoAcid)}";
            _modified[pair] = _modified.GetValueOrDefault(pair) + 1;
        }
        else if (entry.AminoAcid == AminoAcids.Unknown)
        {
            _unknown++;
        }

        if (draft.Residues.Count > 1 && raw.Residues[draft.Residues[^2]].Key.Number > key.Number)
        {
            _outOfOrder.Add(Describe(residue));
        }
    }

    /// <summary>Compares a finished chain with SEQRES where the file seems to be cut off.</summary>
    public void Declared(ChainDraft draft)
    {
        var declared = raw.Chains[draft.RawChain].Declared;
        if (raw.Facts.NoEnd && declared > draft.Residues.Count)
        {
            Add($"no TER or END after the last atom and {draft.Residues.Count} of {declared} SEQRES residues in chain {draft.Id}: "
                + "the file may be cut off");
        }
    }

    /// <summary>What a file without protein holds.</summary>
    public string Contents(ReadOnlySpan<bool> isProtein)
    {
        var nucleotides = raw.Residues.Count(r => ResidueNames.Find(r.Key.Name).Kind == ResidueKind.Nucleotide);
        return $"{nucleotides} nucleotides, {isProtein.Count(true)} amino acids without C-alpha, {raw.Facts.Waters} water atoms, "
            + $"{raw.AtomCount} atoms in {raw.Residues.Count} residues";
    }

    /// <summary>Counts what is kept besides the chains.</summary>
    public void Surroundings(ReadOnlySpan<Residue> residues)
    {
        int count = 0, atoms = 0;
        foreach (ref readonly var residue in residues)
        {
            if (residue.Chain < 0)
            {
                count++;
                atoms += residue.AtomCount;
            }
        }

        if (count > 0)
        {
            Add($"kept as surroundings: {atoms} atoms of {count} residues outside the chains");
        }
    }

    public string[] ToArray()
    {
        var facts = raw.Facts;
        Count(conformers.Alternates, "residues with alternate locations: the highest occupancy kept");
        List("positions with several residue types", conformers.Heterogeneous);
        Count(conformers.Duplicates, "atoms named twice in a residue dropped");
        Count(facts.RepeatedResidues, "repeated residue numbers begin new residues");
        Count(facts.Hydrogens, "hydrogens dropped");
        Count(facts.Waters, "water atoms dropped");
        if (facts.Models > 1)
        {
            Add("several models: the first read");
        }

        if (_modified.Count > 0)
        {
            Add("modified residues by parent: " + string.Join(", ", _modified.Select(pair => $"{pair.Key} x{pair.Value}")));
        }

        Count(_unknown, "residues of unknown type are X");
        List("residues without C-alpha left out of the sequence", _withoutAlpha);
        List("residue numbers that go down", _outOfOrder);
        return [.. _notes];
    }

    private void Count(int count, string what)
    {
        if (count > 0)
        {
            Add($"{count} {what}");
        }
    }

    private void List(string what, List<string> items)
    {
        if (items.Count > 0)
        {
            Add($"{items.Count} {what}: {string.Join(", ", items.Take(MostListed))}{(items.Count > MostListed ? ", ..." : "")}");
        }
    }

    private string Describe(int residue)
    {
        var key = raw.Residues[residue].Key;
        var insertion = key.Insertion == ' ' ? "" : ((char)key.Insertion).ToString();
        return $"{PackedName.Text(key.Name)} {raw.Chains[key.Chain].Id}{key.Number}{insertion}";
    }
}
