using Ism.Structures;

namespace Ism.Evaluation.Labels;

/// <summary>
/// Contacts of a chain by the distance of its C-betas, C-alphas for glycine. A residue without that atom is not valid: it is in no pair and
/// does not count. Immutable by convention.
/// </summary>
public sealed class ContactMap
{
    /// <summary>Closer than this, in Å, is a contact.</summary>
    public const float Threshold = 8;

    private static readonly byte Glycine = AminoAcids.Index('G');

    private readonly float[] _x;
    private readonly float[] _y;
    private readonly float[] _z;

    /// <summary>From coordinates, NaN for a residue that is not valid.</summary>
    /// <exception cref="ArgumentException">The arrays differ in length.</exception>
    public ContactMap(float[] x, float[] y, float[] z)
    {
        if (y.Length != x.Length || z.Length != x.Length)
        {
            throw new ArgumentException($"coordinates of {x.Length}, {y.Length} and {z.Length} residues: they must be as many");
        }

        (_x, _y, _z) = (x, y, z);
        ValidCount = x.Count(float.IsFinite);
    }

    /// <summary>Number of residues.</summary>
    public int Length => _x.Length;

    /// <summary>Number of valid residues: the L of precision at L.</summary>
    public int ValidCount { get; }

    /// <summary>Of a chain.</summary>
    /// <exception cref="ArgumentException">The structure was read without atom names
    /// (<see cref="StructureReaderOptions.KeepAtomNames"/>).</exception>
    public static ContactMap Of(Structure structure, ProteinChain chain)
    {
        var names = Backbones.RequireNames(structure);
        var places = new Points(chain.Length);
        for (var i = 0; i < chain.Length; i++)
        {
            var residue = structure.Residues[chain.ResidueIndices[i]];
            var wanted = residue.AminoAcid == Glycine ? AtomNames.CA : AtomNames.CB;
            (places.X[i], places.Y[i], places.Z[i]) = (float.NaN, float.NaN, float.NaN);
            for (var atom = residue.FirstAtom; atom < residue.FirstAtom + residue.AtomCount; atom++)
            {
                if (names[atom] == wanted)
                {
                    places.Set(i, structure.Atoms, atom);
                }
            }
        }

        return new ContactMap(places.X, places.Y, places.Z);
    }

    /// <summary>The map of some residues in a row.</summary>
    public ContactMap Crop(int start, int length) =>
        new(_x[start..(start + length)], _y[start..(start + length)], _z[start..(start + length)]);

    /// <summary>Whether the residue has the atom that distances are taken from.</summary>
    public bool IsValid(int residue) => float.IsFinite(_x[residue]);

    /// <summary>Distance in Å; NaN where one of the two is not valid.</summary>
    public float Distance(int i, int j)
    {
        var (x, y, z) = (_x[i] - _x[j], _y[i] - _y[j], _z[i] - _z[j]);
        return MathF.Sqrt((x * x) + (y * y) + (z * z));
    }

    /// <summary>Whether two valid residues are closer than 8 Å.</summary>
    public bool IsContact(int i, int j) => Distance(i, j) < Threshold;
}
