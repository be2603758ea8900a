using System.Globalization;
using System.Text;
using Ism.Structures;
using Ism.Tests;

namespace Ism.Evaluation.Tests.Labels;

/// <summary>Some real structures, and the same atoms as PDB text for other programs.</summary>
internal static class RealStructures
{
    private const string ChainIds = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Evenly drawn from the held-out ones; every residue numbered anew.</summary>
    public static IEnumerable<Structure> Some(int wanted)
    {
        var files = Directory.GetFiles(ReferenceData.StructuresPath("heldout")).Order(StringComparer.Ordinal).ToList();
        var step = Math.Max(1, files.Count / wanted);
        foreach (var file in files.Where((_, i) => i % step == 0))
        {
            var structure = StructureReader.ReadFile(file, new StructureReaderOptions { KeepAtomNames = true });
            if (structure.Atoms.Count < 50_000 && structure.Residues.Length < 9_000)
            {
                yield return structure;
            }
        }
    }

    /// <summary>The amino acids of a structure's polymers as PDB text. Residue i of the structure has number i; chains are told apart
    /// by letters; the occupancy column holds <paramref name="radius"/> where given.</summary>
    public static string Pdb(Structure structure, Func<ulong, float>? radius = null)
    {
        var text = new StringBuilder();
        text.AppendLine("HEADER    PROTEIN                                 01-JAN-00   1XXX");
        var (serial, chain, last) = (0, -1, -2);
        for (var r = 0; r < structure.Residues.Length; r++)
        {
            var residue = structure.Residues[r];
            if (residue.AlphaCarbon < 0)
            {
                continue;
            }

            if (residue.Chain != last)
            {
                text.Append(serial > 0 ? "TER\n" : "");
                (chain, last) = (chain + 1, residue.Chain);
            }

            for (var atom = residue.FirstAtom; atom < residue.FirstAtom + residue.AtomCount; atom++)
            {
                var name = AtomNames.Text(structure.Atoms.Names![atom]);
                var element = structure.Atoms.Element(atom) == ElementType.X ? name[..1] : structure.Atoms.Element(atom).ToString();
                text.Append(CultureInfo.InvariantCulture,
                    $"ATOM  {++serial,5} {(name.Length < 4 ? " " + name : name),-4} {residue.Name,3} {ChainIds[chain % 62]}{r,4}    ")
                    .Append(CultureInfo.InvariantCulture,
                        $"{structure.Atoms.X[atom],8:F3}{structure.Atoms.Y[atom],8:F3}{structure.Atoms.Z[atom],8:F3}")
                    .Append(CultureInfo.InvariantCulture,
                        $"{radius?.Invoke(structure.Atoms.Names[atom]) ?? 1,6:F2}{10,6:F2}          {element,2}\n");
            }
        }

        return text.Append("TER\nEND\n").ToString();
    }
}
