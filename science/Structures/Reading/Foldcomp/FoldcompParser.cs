using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>
/// Reads a foldcomp file (.fcz; github.com/steineggerlab/foldcomp): one chain without gaps, whose atoms are computed from
/// discretised torsion and bond angles. Side-chain torsions are known to 360/255 degrees, so atoms are off by a few tenths of
/// an Å. B-factors are one a residue, discretised to a 255th of their range.
/// </summary>
internal static class FoldcompParser
{
    private const int MostAtoms = 14;

    /// <summary>Decompresses the atoms.</summary>
    /// <exception cref="StructureRefusedException">The content is cut, or does not hold what the format says.</exception>
    public static void Parse(ReadOnlySpan<byte> content, RawStructure into)
    {
        var facts = into.Facts;
        facts.Format = StructureFormat.Foldcomp;
        facts.Models = 1;
        facts.OneBFactorByForm = true;
        var header = FoldcompHeader.Read(content, into);
        if (PredictedModel.NamesPredictor(content[(int)header.TitleAt..(int)header.CoordinatesAt]))
        {
            facts.PredictionEvidence = "title names a structure prediction program";
        }

        var (backbone, types) = FoldcompBackbone.Build(content, header, into);
        CheckTorsions(types, header.Torsions, into);
        var id = header.Chain is 0 or (byte)' ' ? default : content.Slice(13, 1);
        var chain = into.ChainOf(PackedName.Pack(id), PackedName.Pack(id), id);
        var least = BinaryPrimitives.ReadSingleLittleEndian(content[(int)header.BFactorsAt..]);
        var step = BinaryPrimitives.ReadSingleLittleEndian(content[(int)(header.BFactorsAt + 4)..]);
        var torsions = content[(int)header.TorsionsAt..];
        for (var i = 0; i < types.Length; i++)
        {
            var residue = FoldcompResidues.All[types[i]];
            var bFactor = least + content[(int)(header.BFactorsAt + 8 + i)] * step;
            var key = new ResidueKey(chain, header.FirstNumber + i, (byte)' ', residue.Name);
            Residue(backbone.AsSpan(3 * i, 3), residue, torsions, key, float.IsFinite(bFactor) ? bFactor : float.NaN, into);
            torsions = torsions[residue.Atoms.Length..];
            if (i == types.Length - 1 && content[(int)header.OxtAt] != 0)
            {
                Add(Point.Read(content[(int)(header.OxtAt + 1)..]), AtomNames.Oxt, ElementType.O, key, bFactor, into);
            }
        }
    }

    private static void CheckTorsions(ReadOnlySpan<byte> types, long declared, RawStructure into)
    {
        var torsions = 0L;
        for (var i = 0; i < types.Length; i++)
        {
            torsions += types[i] < FoldcompResidues.All.Length
                ? FoldcompResidues.All[types[i]].Atoms.Length
                : throw into.Refuse(RefusalReason.Damaged, 0,
                    $"foldcomp: residue {i + 1} is of type {types[i]}; known are 0 to {FoldcompResidues.All.Length - 1}");
        }

        if (torsions != declared)
        {
            throw into.Refuse(RefusalReason.Damaged, 0,
                $"foldcomp: the residues have {torsions} side-chain torsions; the header says {declared}");
        }
    }

    private static void Residue(
        ReadOnlySpan<Point> backbone, FoldcompResidue residue, ReadOnlySpan<byte> torsions, in ResidueKey key, float bFactor,
        RawStructure into)
    {
        Span<Point> points = stackalloc Point[MostAtoms];
        backbone.CopyTo(points);
        Add(points[0], AtomNames.N, ElementType.N, key, bFactor, into);
        Add(points[1], AtomNames.CA, ElementType.C, key, bFactor, into);
        Add(points[2], AtomNames.C, ElementType.C, key, bFactor, into);
        for (var i = 0; i < residue.Atoms.Length; i++)
        {
            ref readonly var atom = ref residue.Atoms[i];
            var torsion = torsions[i] * (360.0 / 255) - 180;
            points[3 + i] = Point.Place(points[atom.First], points[atom.Second], points[atom.Third], atom.Length, atom.Angle, torsion);
            Add(points[3 + i], atom.Name, atom.Element, key, bFactor, into);
        }
    }

    private static void Add(Point at, ulong name, ElementType element, in ResidueKey key, float bFactor, RawStructure into)
    {
        if (!(Math.Abs(at.X) <= 1e6 && Math.Abs(at.Y) <= 1e6 && Math.Abs(at.Z) <= 1e6))
        {
            throw into.Refuse(RefusalReason.Damaged, 0, $"foldcomp: atom {PackedName.Text(name)} of residue {key.Number} is nowhere");
        }

        into.Add(
            new RawAtom
            {
                X = (float)at.X,
                Y = (float)at.Y,
                Z = (float)at.Z,
                Occupancy = 1,
                BFactor = bFactor,
                Residue = into.ResidueOf(key, name, 0, hetero: false, PolymerHint.Yes),
                Name = name,
                Element = element,
            },
            0);
    }
}
