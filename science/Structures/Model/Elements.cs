namespace Ism.Structures;

/// <summary>Element symbols as bytes, to <see cref="ElementType"/>; and the element of a PDB atom name.</summary>
internal static class Elements
{
    private const byte None = 255;

    private const string Symbols =
        "H D T HE LI BE B C N O F NE NA MG AL SI P S CL AR K CA SC TI V CR MN FE CO NI CU ZN GA GE AS SE BR KR RB SR Y ZR NB MO " +
        "TC RU RH PD AG CD IN SN SB TE I XE CS BA LA CE PR ND PM SM EU GD TB DY HO ER TM YB LU HF TA W RE OS IR PT AU HG TL PB BI " +
        "PO AT RN FR RA AC TH PA U NP PU AM CM BK CF ES FM MD NO LR RF DB SG BH HS MT DS RG CN NH FL MC LV TS OG X";

    private static readonly byte[] Table = BuildTable();

    /// <summary>Reads a symbol of one or two letters in any case, blanks around it allowed.</summary>
    /// <returns>False for anything that is not an element's symbol.</returns>
    public static bool TryParse(ReadOnlySpan<byte> symbol, out ElementType element)
    {
        symbol = symbol.Trim((byte)' ');
        byte type = symbol.Length switch
        {
            1 => Table[Index(symbol[0], 0)],
            2 => Letter(symbol[1]) == 0 ? None : Table[Index(symbol[0], symbol[1])],
            _ => None,
        };
        element = (ElementType)type;
        return type != None;
    }

    /// <summary>
    /// The element of a four-character PDB atom name field (columns 13-16) where the element columns are absent. Columns 13-14
    /// hold the right-justified symbol: " CA " is a carbon, "CA  " calcium. In residues of polymers, where four-letter hydrogen
    /// names start in column 13 and some programs write names left-justified, the first letter decides.
    /// </summary>
    public static ElementType FromAtomName(ReadOnlySpan<byte> field, bool inPolymer)
    {
        var name = field.Trim((byte)' ');
        while (name.Length > 0 && Letter(name[0]) == 0)
        {
            name = name[1..];
        }

        if (name.IsEmpty)
        {
            return ElementType.X;
        }

        var first = Letter(name[0]);
        var second = name.Length > 1 ? Letter(name[1]) : 0;
        var symbolInFirstColumn = field.Length > 1 && Letter(field[0]) != 0;
        if (inPolymer)
        {
            return first == 'S' && second == 'E' && symbolInFirstColumn ? ElementType.X : OneLetter(first);
        }

        var fourLetterHydrogen = first == 'H' && name.Length >= 4;
        return symbolInFirstColumn && !fourLetterHydrogen && second != 0 && TryParse(name[..2], out var two) ? two
            : OneLetter(first);
    }

    private static ElementType OneLetter(int letter) =>
        TryParse([(byte)letter], out var element) ? element : ElementType.X;

    private static byte[] BuildTable()
    {
        var table = new byte[27 * 27];
        table.AsSpan().Fill(None);
        foreach (var symbol in Symbols.Split(' '))
        {
            table[Index((byte)symbol[0], symbol.Length > 1 ? (byte)symbol[1] : (byte)0)] = symbol switch
            {
                "H" or "D" or "T" => (byte)ElementType.H,
                "C" => (byte)ElementType.C,
                "N" => (byte)ElementType.N,
                "O" => (byte)ElementType.O,
                "P" => (byte)ElementType.P,
                "S" => (byte)ElementType.S,
                _ => (byte)ElementType.X,
            };
        }

        return table;
    }

    private static int Index(byte first, byte second)
    {
        var a = Letter(first);
        var b = Letter(second);
        return (a == 0 ? 0 : (a - 'A' + 1) * 27) + (b == 0 ? 0 : b - 'A' + 1);
    }

    private static int Letter(byte c) => (c | 0x20) is >= 'a' and <= 'z' ? c & ~0x20 : 0;
}
