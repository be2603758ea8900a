namespace Ism.Structures;

/// <summary>
/// Finds masked microenvironments through <see cref="AtomBlocks"/>. The distance test is on squared distances in float32, the radius included: an
/// atom at exactly the radius belongs. Holds buffers and one structure at a time: one finder per thread.
/// </summary>
public sealed class MicroenvironmentFinder
{
    private readonly float _squaredRadius;
    private readonly int _maxAtoms;
    private readonly AtomBlocks _blocks = new();
    private Structure? _structure;
    private int[] _found = [];
    private long[] _byDistance = [];

    /// <param name="radius">Radius in Å.</param>
    /// <param name="maxAtoms">Atoms kept at most, the nearest; of atoms at the same distance those of lower index.</param>
    /// <exception cref="ArgumentOutOfRangeException">Radius not above 0 and up to 1000, or no atoms allowed.</exception>
    public MicroenvironmentFinder(double radius = 10, int maxAtoms = 512)
    {
        if (!(radius is > 0 and <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(radius), radius, "the radius must be above 0 and at most 1000 Å");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxAtoms);
        (_squaredRadius, _maxAtoms) = ((float)radius * (float)radius, maxAtoms);
    }

    /// <summary>Whether both find the same atoms.</summary>
    public bool FindsAs(MicroenvironmentFinder other) => _squaredRadius == other._squaredRadius && _maxAtoms == other._maxAtoms;

    /// <summary>Takes a structure's atoms over; <see cref="Find(int)"/> then asks about its residues.</summary>
    public void Use(Structure structure)
    {
        _blocks.Build(structure.Atoms);
        _structure = structure;

        // All atoms of a structure may be near, and hits are written a vector at a time.
        var room = _blocks.AtomStride + AtomBlocks.Size;
        if (_found.Length < room)
        {
            _found = GC.AllocateUninitializedArray<int>(room + (room / 4));
        }
    }

    /// <summary>All microenvironments of one chain, in the order of its sequence.</summary>
    public Microenvironment[] FindChain(Structure structure, ProteinChain chain)
    {
        if (!ReferenceEquals(structure, _structure))
        {
            Use(structure);
        }

        return Array.ConvertAll(chain.ResidueIndices, Find);
    }

    /// <summary>The microenvironment of a residue of the structure in use.</summary>
    /// <param name="residue">Index in <see cref="Structure.Residues"/> of a residue with a C-alpha.</param>
    /// <exception cref="InvalidOperationException"><see cref="Use"/> was not called.</exception>
    /// <exception cref="ArgumentException">The residue has no C-alpha.</exception>
    public Microenvironment Find(int residue)
    {
        var atoms = Neighbours(residue);
        var structure = _structure!;
        var table = structure.Atoms;
        var alpha = structure.Residues[residue].AlphaCarbon;
        var (x, y, z) = (table.X[alpha], table.Y[alpha], table.Z[alpha]);
        var elements = GC.AllocateUninitializedArray<byte>(atoms.Length);
        var coordinates = GC.AllocateUninitializedArray<float>(atoms.Length * 3);
        for (int i = 0, to = 0; i < atoms.Length; i++, to += 3)
        {
            var atom = atoms[i];
            elements[i] = table.Elements[atom];
            coordinates[to] = table.X[atom] - x;
            coordinates[to + 1] = table.Y[atom] - y;
            coordinates[to + 2] = table.Z[atom] - z;
        }

        return new Microenvironment(elements, coordinates, structure.Residues[residue].AminoAcid);
    }

    /// <summary>The atom indices of a residue's microenvironment, ascending; valid until the next call.</summary>
    /// <inheritdoc cref="Find(int)" path="/exception"/>
    public ReadOnlySpan<int> Neighbours(int residue)
    {
        if (_structure is not { } structure)
        {
            throw new InvalidOperationException("no structure in use: call Use first");
        }

        ref readonly var center = ref structure.Residues[residue];
        if (center.AlphaCarbon < 0)
        {
            throw new ArgumentException($"residue {center.Name} {center.Number} has no C-alpha and so no microenvironment",
                nameof(residue));
        }

        var alpha = center.AlphaCarbon;
        var (x, y, z) = (structure.Atoms.X[alpha], structure.Atoms.Y[alpha], structure.Atoms.Z[alpha]);
        var found = _found.AsSpan(0, _blocks.Find(
            x, y, z, _squaredRadius, center.FirstAtom, center.FirstAtom + center.AtomCount, _found));
        return found.Length <= _maxAtoms ? found : Nearest(found, structure.Atoms, x, y, z);
    }

    private Span<int> Nearest(Span<int> found, AtomTable atoms, float x, float y, float z)
    {
        if (_byDistance.Length < found.Length)
        {
            _byDistance = new long[found.Length];
        }

        // Squared distances are not negative, so their bits order as they do: one key sorts by distance, then by atom.
        var keys = _byDistance.AsSpan(0, found.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            var atom = found[i];
            var (dx, dy, dz) = (atoms.X[atom] - x, atoms.Y[atom] - y, atoms.Z[atom] - z);
            keys[i] = ((long)BitConverter.SingleToInt32Bits(dx * dx + dy * dy + dz * dz) << 32) | (uint)atom;
        }

        keys.Sort();
        found = found[.._maxAtoms];
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = (int)keys[i];
        }

        found.Sort();
        return found;
    }
}
