using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>
/// What stands before the residues in a foldcomp file, and where its parts begin. Little-endian: "FCMP"; a header of 72
/// bytes; numbers of the anchor residues (int32 each); the title; coordinates of N, CA and C of each anchor (9 float32 each);
/// one byte and 3 float32 of OXT; 8 bytes a residue of backbone angles; one byte a side-chain torsion; least value and step
/// of the B-factors (float32 each) and one byte a residue of them.
/// </summary>
internal readonly ref struct FoldcompHeader
{
    private const int FixedSize = 76;

    private FoldcompHeader(ReadOnlySpan<byte> content)
    {
        Residues = BinaryPrimitives.ReadUInt16LittleEndian(content[4..]);
        FirstNumber = BinaryPrimitives.ReadUInt16LittleEndian(content[8..]);
        Anchors = content[12];
        Chain = content[13];
        Torsions = BinaryPrimitives.ReadUInt32LittleEndian(content[16..]);
        var title = BinaryPrimitives.ReadUInt32LittleEndian(content[24..]);
        Ranges = content.Slice(28, 48);
        AnchorsAt = FixedSize;
        TitleAt = FixedSize + 4 * Anchors;
        CoordinatesAt = TitleAt + title;
        OxtAt = CoordinatesAt + 36 * Anchors;
        BackboneAt = OxtAt + 13;
        TorsionsAt = BackboneAt + 8 * Residues;
        BFactorsAt = TorsionsAt + Torsions;
        End = BFactorsAt + 8 + Residues;
    }

    public int Residues { get; }

    /// <summary>Number of the first residue; the others follow one by one.</summary>
    public int FirstNumber { get; }

    public int Anchors { get; }

    public byte Chain { get; }

    public long Torsions { get; }

    /// <summary>Least values of phi, psi, omega and the angles N-CA-C, CA-C-N, C-N-CA, then their steps (float32,
    /// degrees).</summary>
    public ReadOnlySpan<byte> Ranges { get; }

    public long AnchorsAt { get; }

    public long TitleAt { get; }

    public long CoordinatesAt { get; }

    public long OxtAt { get; }

    public long BackboneAt { get; }

    public long TorsionsAt { get; }

    public long BFactorsAt { get; }

    private long End { get; }

    /// <summary>Reads it and holds the sizes it declares against the content.</summary>
    /// <exception cref="StructureRefusedException">The content is shorter or longer than that.</exception>
    public static FoldcompHeader Read(ReadOnlySpan<byte> content, RawStructure into)
    {
        if (content.Length < FixedSize)
        {
            throw into.Refuse(RefusalReason.Truncated, 0, $"foldcomp: {content.Length} bytes are less than a header");
        }

        var header = new FoldcompHeader(content);
        if (header.Residues == 0 || header.Anchors < 2)
        {
            throw into.Refuse(RefusalReason.Damaged, 0, $"foldcomp: {header.Residues} residues and {header.Anchors} anchors");
        }

        if (content.Length < header.End)
        {
            throw into.Refuse(RefusalReason.Truncated, 0,
                $"foldcomp: {content.Length} bytes; {header.Residues} residues, {header.Torsions} torsions and {header.Anchors} "
                + $"anchors take {header.End}");
        }

        // Entries of a database may end with the zero byte that separates them.
        return content[(int)header.End..] is [] or [0] ? header : throw into.Refuse(RefusalReason.Damaged, 0,
            $"foldcomp: {content.Length - header.End} bytes behind the last residue");
    }

    /// <summary>Number of the residue, from 0, that is an anchor.</summary>
    public int AnchorResidue(ReadOnlySpan<byte> content, int anchor) =>
        BinaryPrimitives.ReadInt32LittleEndian(content[(int)(AnchorsAt + 4 * anchor)..]);

    /// <summary>N, CA or C (0 to 2) of an anchor.</summary>
    public Point AnchorAtom(ReadOnlySpan<byte> content, int anchor, int atom) =>
        Point.Read(content[(int)(CoordinatesAt + 36 * anchor + 12 * atom)..]);

    /// <summary>The least value (and the step) of an angle, in the order of <see cref="Ranges"/>.</summary>
    public (double Least, double Step) Range(int angle) => (
        BinaryPrimitives.ReadSingleLittleEndian(Ranges[(4 * angle)..]),
        BinaryPrimitives.ReadSingleLittleEndian(Ranges[(24 + 4 * angle)..]));
}
