using System.Diagnostics;

namespace Ism.Structures.Measurement;

/// <summary>What finding the microenvironments of every residue of a set of structures took, on one thread.</summary>
/// <param name="Residues">Residues of the chains.</param>
/// <param name="Atoms">Atoms found, of all residues together.</param>
/// <param name="Seconds">Time, sorting each structure's atoms included.</param>
/// <param name="AllocatedBytes">Managed bytes that the thread allocated.</param>
public readonly record struct EnvironmentPass(long Residues, long Atoms, double Seconds, long AllocatedBytes)
{
    /// <summary>Residues a second.</summary>
    public double ResiduesPerSecond => Residues / Seconds;

    /// <summary>Lists the atoms of every residue's microenvironment, as indices.</summary>
    public static EnvironmentPass Neighbours(IReadOnlyList<Structure> structures, MicroenvironmentFinder finder) =>
        Run(structures, finder, static (finder, chain, _) =>
        {
            long atoms = 0;
            foreach (var residue in chain.ResidueIndices)
            {
                atoms += finder.Neighbours(residue).Length;
            }

            return atoms;
        });

    /// <summary>Makes every residue's microenvironment: elements and coordinates relative to the C-alpha.</summary>
    public static EnvironmentPass Microenvironments(IReadOnlyList<Structure> structures, MicroenvironmentFinder finder) =>
        Run(structures, finder, static (finder, chain, structure) =>
        {
            long atoms = 0;
            foreach (var environment in finder.FindChain(structure, chain))
            {
                atoms += environment.Count;
            }

            return atoms;
        });

    private static EnvironmentPass Run(
        IReadOnlyList<Structure> structures, MicroenvironmentFinder finder, Func<MicroenvironmentFinder, ProteinChain, Structure, long> find)
    {
        long residues = 0, atoms = 0;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        foreach (var structure in structures)
        {
            finder.Use(structure);
            foreach (var chain in structure.Chains)
            {
                residues += chain.Length;
                atoms += find(finder, chain, structure);
            }
        }

        return new EnvironmentPass(residues, atoms, Stopwatch.GetElapsedTime(started).TotalSeconds,
            GC.GetAllocatedBytesForCurrentThread() - allocated);
    }
}
