namespace Ism.Structures;

/// <summary>
/// What a parser gathers from a file before anything is decided: the first model's atoms and residues in the file's order, and
/// what the header says. Reused from file to file by one thread, so reading allocates nothing per atom.
/// </summary>
internal sealed class RawStructure
{
    private readonly Dictionary<ResidueKey, int> _residueOfKey = [];
    private readonly Dictionary<ChainKey, int> _chainOfKey = [];
    private readonly Dictionary<ulong, int> _segmentOfChain = [];
    private ChainKey _lastChainKey;
    private int _lastChain = -1;
    private ResidueKey _lastKey;
    private int _lastResidue = -1;

    /// <summary>The file as messages name it.</summary>
    public string File { get; private set; } = "";

    /// <summary>The file's own name, or that of an archive's member.</summary>
    public string FileName { get; private set; } = "";

    public StructureReaderOptions Options { get; private set; } = StructureReaderOptions.Default;

    public int AtomCount { get; private set; }

    public RawAtom[] Atoms { get; private set; } = new RawAtom[4096];

    public List<RawResidue> Residues { get; } = [];

    public List<RawChain> Chains { get; } = [];

    /// <summary>What header and records told.</summary>
    public RawFacts Facts { get; private set; } = new();

    public void Reset(string file, string fileName, StructureReaderOptions options)
    {
        (File, FileName, Options, AtomCount, Facts) = (file, fileName, options, 0, new RawFacts());
        _segmentOfChain.Clear();
        Residues.Clear();
        Chains.Clear();
        _residueOfKey.Clear();
        _chainOfKey.Clear();
        (_lastChain, _lastResidue) = (-1, -1);
        if (Atoms.Length > 1 << 20)
        {
            Atoms = new RawAtom[4096];
        }
    }

    public StructureRefusedException Refuse(RefusalReason reason, int line, string detail) => new(reason, File, line, detail);

    /// <summary>The chain of an author id and, in mmCIF, a label id: some assemblies repeat author ids between copies.</summary>
    public int ChainOf(ulong author, ulong label, ReadOnlySpan<byte> authorText)
    {
        var key = new ChainKey(author, label);
        if (_lastChain >= 0 && key == _lastChainKey)
        {
            return _lastChain;
        }

        if (!_chainOfKey.TryGetValue(key, out var chain))
        {
            chain = Chains.Count;
            _chainOfKey.Add(key, chain);
            Chains.Add(new RawChain(authorText.IsEmpty ? "_" : System.Text.Encoding.UTF8.GetString(authorText),
                PackedName.Text(label)));
        }

        (_lastChainKey, _lastChain) = (key, chain);
        return chain;
    }

    /// <summary>The chain of a PDB atom. Files without chain ids, or with too few of them, give several chains one id and end
    /// each by TER: protein that follows a TER and whose numbers start over is a chain of its own, named such as A-2.</summary>
    public int PdbChainOf(ulong id, ReadOnlySpan<byte> idText, bool inProtein, int number)
    {
        var segment = _segmentOfChain.Count == 0 ? 1 : _segmentOfChain.GetValueOrDefault(id, 1);
        var chain = ChainOf(id, (ulong)segment, idText);
        if (!inProtein)
        {
            return chain;
        }

        if (Chains[chain].Terminated && number <= Chains[chain].LastNumber)
        {
            _segmentOfChain[id] = ++segment;
            chain = ChainOf(id, (ulong)segment, idText);
            Chains[chain].Label = $"{Chains[chain].Id}-{segment}";
        }

        // Numbers that go on after a TER go on with the chain: some programs write one at every gap.
        (Chains[chain].LastNumber, Chains[chain].Terminated) = (number, false);
        return chain;
    }

    /// <summary>Finds or begins the residue of an atom. A second N or C-alpha of the same conformer begins a new residue, since
    /// some files repeat residue numbers.</summary>
    public int ResidueOf(in ResidueKey key, ulong atomName, byte altloc, bool hetero, PolymerHint hint)
    {
        int residue;
        if (_lastResidue >= 0 && key == _lastKey)
        {
            residue = _lastResidue;
        }
        else if (!_residueOfKey.TryGetValue(key, out residue))
        {
            residue = Begin(key, hetero, hint);
        }

        var isAlpha = atomName == AtomNames.CA;
        if (isAlpha || atomName == AtomNames.N)
        {
            ref var raw = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Residues)[residue];
            var bit = 1u << (altloc & 31);
            if (((isAlpha ? raw.AlphaConformers : raw.NitrogenConformers) & bit) != 0)
            {
                residue = Begin(key, hetero, hint);
                Facts.RepeatedResidues++;
                raw = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Residues)[residue];
            }

            if (isAlpha)
            {
                raw.AlphaConformers |= bit;
            }
            else
            {
                raw.NitrogenConformers |= bit;
            }
        }

        (_lastKey, _lastResidue) = (key, residue);
        return residue;
    }

    public void Add(in RawAtom atom, int line)
    {
        if (AtomCount >= Options.MaxAtoms)
        {
            throw Refuse(RefusalReason.TooLarge, line, $"more than {Options.MaxAtoms} atoms in the first model (MaxAtoms)");
        }

        if (AtomCount == Atoms.Length)
        {
            var grown = Atoms;
            Array.Resize(ref grown, AtomCount * 2);
            Atoms = grown;
        }

        Atoms[AtomCount++] = atom;
    }

    private int Begin(in ResidueKey key, bool hetero, PolymerHint hint)
    {
        var residue = Residues.Count;
        _residueOfKey[key] = residue;
        Residues.Add(new RawResidue(key, hetero, hint, Chains[key.Chain].Terminated));
        return residue;
    }

    private readonly record struct ChainKey(ulong Author, ulong Label);
}

/// <summary>What identifies a residue within a file.</summary>
internal readonly record struct ResidueKey(int Chain, int Number, byte Insertion, ulong Name)
{
    public bool SameSite(in ResidueKey other) => Chain == other.Chain && Number == other.Number && Insertion == other.Insertion;
}

/// <summary>One atom record. Altloc 0 is blank; occupancy 1 and B NaN where the file gives none.</summary>
internal struct RawAtom
{
    public float X;
    public float Y;
    public float Z;
    public float Occupancy;
    public float BFactor;
    public int Residue;
    public ulong Name;
    public ElementType Element;
    public byte Altloc;
}

/// <summary>Whether the file says that a residue is part of a polymer.</summary>
internal enum PolymerHint : byte
{
    Unknown,
    Yes,
    No,
}

/// <summary>One residue as the file groups it.</summary>
internal struct RawResidue(ResidueKey key, bool hetero, PolymerHint hint, bool afterTer)
{
    public readonly ResidueKey Key = key;
    public readonly bool Hetero = hetero;
    public readonly bool AfterTer = afterTer;
    public PolymerHint Hint = hint;
    public uint AlphaConformers;
    public uint NitrogenConformers;
}

/// <summary>One chain id of the file. <see cref="Terminated"/> is set by a TER record.</summary>
internal sealed class RawChain(string id, string label)
{
    public string Id { get; } = id;

    /// <summary>A name for the second and later chains of one id.</summary>
    public string Label { get; set; } = label;

    public bool Terminated { get; set; }

    /// <summary>Number of the last residue of its protein.</summary>
    public int LastNumber { get; set; }

    /// <summary>Residues that SEQRES declares, 0 if the file has none.</summary>
    public int Declared { get; set; }
}

/// <summary>What a file says beside its atoms.</summary>
internal sealed class RawFacts
{
    public StructureFormat Format { get; set; }

    public bool ExperimentalMethod { get; set; }

    /// <summary>Why the file itself says that it is a predicted model, or null.</summary>
    public string? PredictionEvidence { get; set; }

    /// <summary>The form has room for one B-factor a residue alone, so that finding no more says nothing.</summary>
    public bool OneBFactorByForm { get; set; }

    public int Hydrogens { get; set; }

    public int Waters { get; set; }

    public int Models { get; set; }

    public int RepeatedResidues { get; set; }

    /// <summary>Set when the file ends without the records that its kind ends with.</summary>
    public bool NoEnd { get; set; }

    public int LastLine { get; set; }
}
