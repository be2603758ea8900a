using System.Numerics;

namespace Ism.Structures;

/// <summary>
/// Finds masked microenvironments by a cell list. The distance test is on squared distances in float32, the radius included: an atom
/// at exactly the radius belongs. Holds buffers and one structure at a time: one finder per thread.
/// </summary>
public sealed class MicroenvironmentFinder
{
    private readonly float _squaredRadius;
    private readonly int _maxAtoms;
    private readonly float _radius;
    private readonly CellList _cells = new();
    private Structure? _structure;
    private int[] _found = [];
    private float[] _squared = [];
    private int _count;

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
        (_radius, _squaredRadius, _maxAtoms) = ((float)radius, (float)radius * (float)radius, maxAtoms);
    }

    /// <summary>Sorts a structure's atoms into cells; <see cref="Find(int)"/> then asks about its residues.</summary>
    public void Use(Structure structure)
    {
        _cells.Build(structure.Atoms, _radius);
        _structure = structure;
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
            throw new ArgumentException($"residue {center.Name} {center.Number} has no C-alpha and so no microenvironment", nameof(residue));
        }

        var alpha = center.AlphaCarbon;
        var (x, y, z) = (structure.Atoms.X[alpha], structure.Atoms.Y[alpha], structure.Atoms.Z[alpha]);
        Span<(int Start, int End)> runs = stackalloc (int, int)[9];
        runs = runs[.._cells.Runs(x, y, z, runs)];
        _count = 0;
        foreach (var (start, end) in runs)
        {
            Scan(start, end, x, y, z, center.FirstAtom, center.AtomCount);
        }

        if (_count > _maxAtoms)
        {
            KeepNearest();
        }

        var found = _found.AsSpan(0, _count);
        found.Sort();
        return found;
    }

    private void Scan(int start, int end, float x, float y, float z, int own, int ownCount)
    {
        if (_found.Length < _count + end - start)
        {
            var size = Math.Max(_count + end - start, 2 * _found.Length);
            Array.Resize(ref _found, size);
            Array.Resize(ref _squared, size);
        }

        var xs = _cells.X[start..end];
        var ys = _cells.Y[start..end];
        var zs = _cells.Z[start..end];
        var atoms = _cells.Atom[start..end];
        var i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var (vx, vy, vz) = (new Vector<float>(x), new Vector<float>(y), new Vector<float>(z));
            var limit = new Vector<float>(_squaredRadius);
            for (; i + Vector<float>.Count <= xs.Length; i += Vector<float>.Count)
            {
                var dx = new Vector<float>(xs[i..]) - vx;
                var dy = new Vector<float>(ys[i..]) - vy;
                var dz = new Vector<float>(zs[i..]) - vz;
                var squared = dx * dx + dy * dy + dz * dz;
                if (!Vector.LessThanOrEqualAny(squared, limit))
                {
                    continue;
                }

                for (var lane = 0; lane < Vector<float>.Count; lane++)
                {
                    Take(squared[lane], atoms[i + lane], own, ownCount);
                }
            }
        }

        for (; i < xs.Length; i++)
        {
            var (dx, dy, dz) = (xs[i] - x, ys[i] - y, zs[i] - z);
            Take(dx * dx + dy * dy + dz * dz, atoms[i], own, ownCount);
        }
    }

    private void Take(float squared, int atom, int own, int ownCount)
    {
        if (squared <= _squaredRadius && (uint)(atom - own) >= (uint)ownCount)
        {
            _found[_count] = atom;
            _squared[_count++] = squared;
        }
    }

    private void KeepNearest()
    {
        // Squared distances are not negative, so their bits order as they do: one key sorts by distance, then by atom.
        var keys = new long[_count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ((long)BitConverter.SingleToInt32Bits(_squared[i]) << 32) | (uint)_found[i];
        }

        Array.Sort(keys);
        _count = _maxAtoms;
        for (var i = 0; i < _count; i++)
        {
            _found[i] = (int)keys[i];
        }
    }
}
