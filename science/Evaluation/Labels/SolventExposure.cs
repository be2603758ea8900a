using Ism.Structures;

namespace Ism.Evaluation.Labels;

/// <summary>How solvent exposure is measured.</summary>
public sealed record SolventExposureOptions
{
    /// <summary>Points on each atom's sphere.</summary>
    public int Points { get; init; } = 256;

    /// <summary>Radius of the probe in Å: water.</summary>
    public float ProbeRadius { get; init; } = 1.4f;

    /// <summary>Whether each chain is measured as if it were alone; otherwise all polymers of amino acids in the file cover each
    /// other, as in DSSP.</summary>
    public bool ChainsAlone { get; init; }
}

/// <summary>
/// Solvent accessible surface by the method of Shrake and Rupley (1973): the share of points on a sphere around each atom, at its radius
/// and the probe's, that no other atom covers. Points lie on a Fibonacci spiral, which spreads them evenly. Radii are those of DSSP (N
/// 1.65, C-alpha 1.87, C 1.76, O 1.40, side-chain atoms 1.80 Å), for which the maxima that relative exposure is divided by were
/// measured. Waters, ligands, ions and nucleotides neither have a surface nor cover one.
/// </summary>
public static class SolventExposure
{
    private const float RadiusN = 1.65f, RadiusAlpha = 1.87f, RadiusC = 1.76f, RadiusO = 1.4f, RadiusSide = 1.8f;

    // Tien et al. 2013, table 1, theoretical values, Å², in the order of AminoAcids.Letters.
    private static readonly float[] Largest =
        [129, 167, 193, 223, 240, 104, 224, 197, 236, 201, 224, 195, 159, 225, 274, 155, 172, 174, 285, 263];

    /// <summary>The largest exposure of an amino acid in Gly-X-Gly, Å² (Tien et al. 2013, theoretical); NaN for an unknown one.
    /// </summary>
    public static float Maximum(byte aminoAcid) => aminoAcid < Largest.Length ? Largest[aminoAcid] : float.NaN;

    /// <summary>The exposed surface of each of <see cref="Structure.Residues"/> in Å²; NaN for what is no amino acid of a polymer.
    /// </summary>
    /// <exception cref="ArgumentException">The structure was read without atom names
    /// (<see cref="StructureReaderOptions.KeepAtomNames"/>), or fewer than one point is asked for.</exception>
    public static float[] Measure(Structure structure, SolventExposureOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Points, 1);
        var names = Backbones.RequireNames(structure);
        var areas = new float[structure.Residues.Length];
        areas.AsSpan().Fill(float.NaN);
        var groups = Enumerable.Range(0, structure.Residues.Length).Where(r => structure.Residues[r].AlphaCarbon >= 0)
            .GroupBy(r => options.ChainsAlone ? structure.Residues[r].Chain : 0);
        foreach (var group in groups)
        {
            Measure(structure, names, [.. group], options, areas);
        }

        return areas;
    }

    private static void Measure(
        Structure structure, ulong[] names, int[] residues, SolventExposureOptions options, float[] areas)
    {
        var atoms = new List<int>(8 * residues.Length);
        foreach (var r in residues)
        {
            areas[r] = 0;
            atoms.AddRange(Enumerable.Range(structure.Residues[r].FirstAtom, structure.Residues[r].AtomCount));
        }

        var (places, radii) = (new Points(atoms.Count), new float[atoms.Count]);
        for (var i = 0; i < radii.Length; i++)
        {
            places.Set(i, structure.Atoms, atoms[i]);
            radii[i] = Radius(names[atoms[i]]) + options.ProbeRadius;
        }

        var grid = new CellGrid(places.X, places.Y, places.Z, 2 * (RadiusAlpha + options.ProbeRadius));
        var sphere = new UnitSphere(options.Points);
        var found = new int[256];
        for (var i = 0; i < radii.Length; i++)
        {
            var near = grid.Within(places.X[i], places.Y[i], places.Z[i], radii[i] + RadiusAlpha + options.ProbeRadius, ref found);
            var free = sphere.Uncovered(places, radii, i, found.AsSpan(0, near));
            areas[structure.Atoms.Residue[atoms[i]]] += 4 * MathF.PI * radii[i] * radii[i] * free / options.Points;
        }
    }

    private static float Radius(ulong name) =>
        name == AtomNames.N ? RadiusN
        : name == AtomNames.CA ? RadiusAlpha
        : name == AtomNames.C ? RadiusC
        : name == AtomNames.O ? RadiusO
        : RadiusSide;
}
