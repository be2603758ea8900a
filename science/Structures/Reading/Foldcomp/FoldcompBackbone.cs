using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>
/// Backbone atoms from foldcomp's angles (Kim, Mirdita and Steinegger 2023, Bioinformatics 39, btad153). Between two anchors
/// the chain is built forward from the first and backward from the second, and the two are averaged with weights that change
/// evenly along it, so that the errors of rounded angles do not add up.
/// </summary>
internal static class FoldcompBackbone
{
    private const double NitrogenToAlpha = 1.4581;
    private const double AfterProline = 1.353;
    private const double AlphaToCarbon = 1.5281;
    private const double CarbonToNitrogen = 1.3311;
    private const int Proline = 14;

    /// <summary>N, CA and C of each residue, and the residues' types by foldcomp's numbers.</summary>
    /// <exception cref="StructureRefusedException">The anchors are not in the order of the residues.</exception>
    public static (Point[] Atoms, byte[] Types) Build(ReadOnlySpan<byte> content, in FoldcompHeader header, RawStructure into)
    {
        var residues = header.Residues;
        var types = new byte[residues];
        var torsions = new double[3 * residues];
        var angles = new double[3 * residues];
        Unpack(content, header, types, torsions, angles);

        var atoms = new Point[3 * residues];
        for (var atom = 0; atom < 3; atom++)
        {
            atoms[atom] = header.AnchorAtom(content, 0, atom);
        }

        for (var anchor = 1; anchor < header.Anchors; anchor++)
        {
            var first = header.AnchorResidue(content, anchor - 1);
            var last = header.AnchorResidue(content, anchor);
            var orderly = (anchor > 1 || first == 0) && last >= first && last < residues
                && (anchor < header.Anchors - 1 || last == residues - 1);
            if (!orderly)
            {
                throw into.Refuse(RefusalReason.Damaged, 0,
                    $"foldcomp: anchors {anchor - 1} and {anchor} are residues {first} and {last} of {residues}");
            }

            Segment(content, header, anchor, atoms.AsSpan(3 * first, 3 * (last - first + 1)), types.AsSpan(first),
                torsions.AsSpan(3 * first), angles.AsSpan(3 * first));
        }

        return (atoms, types);
    }

    // Of residue i: psi, omega of the bond to i+1 and phi of i+1; and the angles CA-C-N, C-N-CA, N-CA-C met on that way.
    private static void Unpack(
        ReadOnlySpan<byte> content, in FoldcompHeader header, Span<byte> types, Span<double> torsions, Span<double> angles)
    {
        for (var i = 0; i < types.Length; i++)
        {
            var bits = BinaryPrimitives.ReadUInt64BigEndian(content[(int)(header.BackboneAt + 8 * i)..]);
            types[i] = (byte)(bits >> 59);
            torsions[3 * i] = Value(header, 1, (bits >> 36) & 0xFFF);
            torsions[3 * i + 1] = Value(header, 2, (bits >> 48) & 0x7FF);
            torsions[3 * i + 2] = Value(header, 0, (bits >> 24) & 0xFFF);
            angles[3 * i] = Value(header, 4, (bits >> 16) & 0xFF);
            angles[3 * i + 1] = Value(header, 5, (bits >> 8) & 0xFF);
            angles[3 * i + 2] = Value(header, 3, bits & 0xFF);
        }
    }

    private static double Value(in FoldcompHeader header, int angle, ulong steps)
    {
        var (least, step) = header.Range(angle);
        return least + steps * step;
    }

    // The first three atoms are there; the others are placed.
    private static void Segment(
        ReadOnlySpan<byte> content, in FoldcompHeader header, int anchor, Span<Point> atoms, ReadOnlySpan<byte> types,
        ReadOnlySpan<double> torsions, ReadOnlySpan<double> angles)
    {
        for (var i = 3; i < atoms.Length; i++)
        {
            // The format's own rule: the bond behind a proline is the short one.
            var length = (i % 3) switch
            {
                0 => CarbonToNitrogen,
                1 => types[i / 3 - 1] == Proline ? AfterProline : NitrogenToAlpha,
                _ => AlphaToCarbon,
            };
            atoms[i] = Point.Place(atoms[i - 3], atoms[i - 2], atoms[i - 1], length, angles[i - 3], torsions[i - 3]);
        }

        var count = atoms.Length;
        var backward = atoms.ToArray();
        for (var atom = 0; atom < 3; atom++)
        {
            backward[count - 3 + atom] = header.AnchorAtom(content, anchor, atom);
        }

        for (var i = count - 4; i >= 0; i--)
        {
            var length = (i % 3) switch { 0 => NitrogenToAlpha, 1 => AlphaToCarbon, _ => CarbonToNitrogen };
            backward[i] = Point.Place(backward[i + 3], backward[i + 2], backward[i + 1], length,
                Point.Angle(atoms[i], atoms[i + 1], atoms[i + 2]), torsions[i]);
        }

        for (var i = 0; i < count; i++)
        {
            atoms[i] = 1.0 / count * ((count - i) * atoms[i] + i * backward[i]);
        }
    }
}
