using Ism.Structures.Numerics;

namespace Ism.Structures.Tests.Reading;

/// <summary>Damaged bytes of any kind give a structure or a refusal, nothing else.</summary>
public class MutationTests
{
    private const int Rounds = 1500;

    [Theory]
    [InlineData("pdb")]
    [InlineData("cif")]
    public void Should_give_a_structure_or_a_refusal_whatever_the_damage(string format)
    {
        var clean = System.Text.Encoding.ASCII.GetBytes(format == "pdb"
            ? "HEADER    X\nSEQRES   1 A   12  ALA\n" + TextStructures.Alanines(12)
                + "TER\nHETATM 1   ZN   ZN A 201       1.000   1.000   1.000\nEND\n"
            : Cif(12));
        var random = new CounterRandom(20, format == "pdb" ? 1UL : 2UL);
        var read = 0;
        var reasons = new HashSet<RefusalReason>();
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate(clean, ref random);
            try
            {
                var structure = StructureReader.Read(new MemoryStream(bytes), $"x.{format}", TextStructures.Lenient);
                var finder = new MicroenvironmentFinder();
                foreach (var chain in structure.Chains)
                {
                    Assert.Equal(chain.Length, finder.FindChain(structure, chain).Length);
                }

                read++;
            }
            catch (StructureRefusedException refusal)
            {
                reasons.Add(refusal.Reason);
            }
        }

        Assert.InRange(read, 1, Rounds - 1);
        Assert.Contains(RefusalReason.Damaged, reasons);
    }

    internal static byte[] Mutate(byte[] clean, ref CounterRandom random)
    {
        var bytes = clean.ToList();
        for (var edits = 1 + random.NextInt32(4); edits > 0; edits--)
        {
            var at = random.NextInt32(bytes.Count);
            switch (random.NextInt32(5))
            {
                case 0:
                    bytes[at] = (byte)random.NextInt32(256);
                    break;
                case 1:
                    bytes[at] = (byte)" \n\r'\";_#.-0"[random.NextInt32(11)];
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.NextInt32(30)));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.NextInt32(120))));
                    break;
                default:
                    bytes.RemoveRange(at, random.NextInt32(8) == 0 ? bytes.Count - at : 0);
                    break;
            }

            if (bytes.Count == 0)
            {
                return [];
            }
        }

        return [.. bytes];
    }

    internal static string Cif(int residues)
    {
        var columns = "group_PDB type_symbol label_atom_id label_comp_id label_asym_id label_seq_id Cartn_x Cartn_y Cartn_z occupancy"
            .Split(' ');
        var rows = Enumerable.Range(1, residues).SelectMany(r => new[] { "N", "CA", "C", "O" }.Select((atom, i) =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"ATOM {atom[0]} {atom} ALA A {r} {3.8 * r + i:f3} 0.1 {i}.5 1.0\n")));
        return "data_X\nloop_\n" + string.Concat(columns.Select(c => $"_atom_site.{c}\n")) + string.Concat(rows) + "#\n";
    }
}
