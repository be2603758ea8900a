using System.Collections.Frozen;

namespace Ism.Structures;

/// <summary>What a residue name stands for.</summary>
internal enum ResidueKind : byte
{
    /// <summary>Not in the table: a ligand, or a modified residue that is told by its atoms.</summary>
    Other,

    /// <summary>A standard amino acid, also under a force field's name.</summary>
    AminoAcid,

    /// <summary>A modified or D-amino acid with a known parent.</summary>
    ModifiedAminoAcid,

    /// <summary>UNK, ASX, GLX: an amino acid of unknown type.</summary>
    UnknownAminoAcid,

    /// <summary>Water.</summary>
    Water,

    /// <summary>A capping group (ACE, NME, NH2): part of the surroundings, not a residue of the chain.</summary>
    Cap,

    /// <summary>A nucleotide.</summary>
    Nucleotide,
}

/// <summary>
/// The names of the Chemical Component Dictionary (wwPDB) that matter here, and those of force fields, by packed name. The
/// parents of modified residues are the dictionary's; selenocysteine counts as cysteine and pyrrolysine as lysine.
/// </summary>
internal static class ResidueNames
{
    // One line per parent: its letter, then the modified residues. D-amino acids carry the letter of their mirror image.
    private static readonly string[] Modified =
    [
        "A ABA AIB ALC AYA DAB DAL DAM DDZ FLA HAC LAL MAA MDO NCB ORN",
        "C BCS BUC C5C C6C CAF CAS CCS CME CMH CMT CSA CSD CSO CSP CSR CSS CSU CSX CSZ CY1 CY3 CY4 CYG CYQ CYR CZ2 CZZ DCY EFC JJJ "
            + "MCS NPH OCS OCY P1L PEC PYX R1A SCH SCS SCY SEC CSE SHC SIB SMC SNC TNB YCM",
        "D 0TD ASA ASB ASI ASK ASL ASQ BFD BHD DAS DMK DOH IAS PHD",
        "E B3E CGU DGL EHP FGA GAU GHG GLQ GMA LME PCA",
        "F BIF BNN DAH DPN MEA NFA PBF PFF PHI PHL PPN PF5 SMF 4PH 4AF",
        "G CHG CR2 GHP GL3 GLZ IGL MPQ NMC PGY SAR",
        "H 2HF 3AH CR8 DDE DHI HBN HIC HIQ HS8 HS9 MHS NEM NEP OHI PSH",
        "I DIL IIL QIL TS9",
        "K ALY BTK CLG DLS DLY DM0 FDL FHL GPL IEL KCX KGC KPI KST LA2 LCK LCX LLP LLY LYM LYR LYX LYZ M3L MCL MLY MLZ PRK PYL SHR SLZ "
            + "TRG XX1",
        "L BLE BUG CLE DLE DON EXY FLE HLU LED LEF MHL MK8 MLE MLL NLB NLE NLN NLO NLP NLY NOT",
        "M CXM FME MED MHO ME0 MSE MSL MSO NRQ OMT SME 2FM",
        "N AFA AHB DSG MEN SNN DMH",
        "P DPL DPR HYP LPD MP8 HY3 PR9 TPJ 4FB",
        "Q CRQ DGN GHC GLH5 GNC LMQ MEQ MGN QMM",
        "R 2MR 4AR 9NR AAR ACL AGM AR7 ARM ARO BOR CIR DAR HAR HMR HR7 MAI MMO NMM ORQ RGL VR0",
        "S BSE CSH DHA DHL DSE DSN GYS MC1 MIS OAS OSE SAC SBD SBL SEB SEE SEL SEP SET SUN SVA SVV SVX SVY",
        "T ALO BMT CRF CRO CTH DTH OLT TBM TH5 THC THO TMD TPO 4CY",
        "V DVA DIV FVA LVN MNV MVA NVA VAF",
        "W 0AF 4FW 4HT 4IN BTR DTR FTR HTR KYN LTR TCR TOX TPL TQQ TRF TRN TRO TRQ TRW TRX TTQ",
        "Y 1TY AGT DBY DTY FTY IYR MBQ MTY NBQ NIY OMY OTY PAQ PTH PTR PTM STY TPQ TTS TY2 TY3 TYB TYI TYN TYO TYQ TYS TYT TYY YOF",
    ];

    private static readonly FrozenDictionary<ulong, Entry> Table = Build();

    /// <summary>Kind, amino acid index and text of a packed residue name.</summary>
    public static Entry Find(ulong packed) =>
        Table.TryGetValue(packed, out var entry) ? entry : new Entry(ResidueKind.Other, AminoAcids.Unknown,
            PackedName.Text(packed));

    /// <summary>Whether the name belongs to a protein, nucleic acid, cap or water.</summary>
    public static bool IsKnown(ulong packed) => Table.ContainsKey(packed);

    private static FrozenDictionary<ulong, Entry> Build()
    {
        var table = new Dictionary<ulong, Entry>();
        Add(table, ResidueKind.AminoAcid,
            "A ALA C CYS D ASP E GLU F PHE G GLY H HIS I ILE K LYS L LEU M MET N ASN P PRO Q GLN R ARG "
            + "S SER T THR V VAL W TRP Y TYR");
        Add(table, ResidueKind.AminoAcid,
            "H HID H HIE H HIP H HSD H HSE H HSP C CYX C CYM D ASH D ASPP E GLH E GLUP K LYN R ARN Y TYM");
        Add(table, ResidueKind.UnknownAminoAcid, "X UNK X ASX X GLX X XAA");
        foreach (var line in Modified)
        {
            foreach (var name in line[2..].Split(' '))
            {
                Put(table, ResidueKind.ModifiedAminoAcid, line[0], name);
            }
        }

        foreach (var name in "HOH DOD WAT H2O TIP TIP3 TIP4 TIP5 TP3 T3P T4P SOL SPC OH2".Split(' '))
        {
            Put(table, ResidueKind.Water, 'X', name);
        }

        foreach (var name in "ACE NME NMA NH2 FOR NHE BOC CBZ NAC".Split(' '))
        {
            Put(table, ResidueKind.Cap, 'X', name);
        }

        foreach (var name in ("A C G I U T N DA DC DG DI DT DU DN BRU CBR CCC DOC H2U MA6 MIA M2G OMC OMG OMU PSU UR3 1MA 1MG 2MA 2MG "
            + "3DR 4OC 4SU 5BU 5CM 5MU 6MZ 7MG 8OG YYG 5MC").Split(' '))
        {
            Put(table, ResidueKind.Nucleotide, 'X', name);
        }

        return table.ToFrozenDictionary();
    }

    private static void Add(Dictionary<ulong, Entry> table, ResidueKind kind, string pairs)
    {
        var words = pairs.Split(' ');
        for (var i = 0; i < words.Length; i += 2)
        {
            Put(table, kind, words[i][0], words[i + 1]);
        }
    }

    private static void Put(Dictionary<ulong, Entry> table, ResidueKind kind, char letter, string name) =>
        table[PackedName.Pack(name)] = new Entry(kind, AminoAcids.Index(letter), name);

    /// <summary>One name of the table.</summary>
    internal readonly record struct Entry(ResidueKind Kind, byte AminoAcid, string Name)
    {
        /// <summary>Whether the name is an amino acid's of any sort.</summary>
        public bool IsAminoAcid => Kind is ResidueKind.AminoAcid or ResidueKind.ModifiedAminoAcid or ResidueKind.UnknownAminoAcid;
    }
}
