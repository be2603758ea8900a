using System.Globalization;

namespace Ism.Structures.Synthesis;

/// <summary>Writes a generated protein as mmCIF with the columns of AlphaFold DB files (predicted) or of PDB entries.</summary>
public static class MmcifWriter
{
    private static readonly string[] AtomColumns =
    [
        "group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id", "label_entity_id",
        "label_seq_id", "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv", "pdbx_formal_charge",
        "auth_seq_id", "auth_comp_id", "auth_asym_id", "auth_atom_id", "pdbx_PDB_model_num",
    ];

    /// <summary>Writes the whole file; lines end in LF.</summary>
    public static void Write(SyntheticProtein protein, TextWriter writer)
    {
        writer.Write($"data_{protein.Name}\n#\n_entry.id {protein.Name}\n#\n");
        writer.Write("_struct.title 'Generated protein for trying out programs'\n#\n");
        writer.Write(protein.Predicted
            ? "_ma_qa_metric.id 1\n_ma_qa_metric.mode local\n_ma_qa_metric.name pLDDT\n_ma_qa_metric.type pLDDT\n#\n"
            : $"_exptl.entry_id {protein.Name}\n_exptl.method 'X-RAY DIFFRACTION'\n#\n");
        writer.Write("_entity.id 1\n_entity.type polymer\n#\n_entity_poly.entity_id 1\n_entity_poly.type polypeptide(L)\n");
        writer.Write($"_entity_poly.pdbx_seq_one_letter_code\n;{protein.Sequence}\n;\n#\n");
        writer.Write("loop_\n_entity_poly_seq.entity_id\n_entity_poly_seq.num\n_entity_poly_seq.mon_id\n");
        for (var residue = 0; residue < protein.Residues.Count; residue++)
        {
            writer.Write($"1 {Text(residue + 1)} {protein.Residues[residue].Code}\n");
        }

        writer.Write("#\nloop_\n");
        foreach (var column in AtomColumns)
        {
            writer.Write($"_atom_site.{column}\n");
        }

        var id = 0;
        for (var residue = 0; residue < protein.Residues.Count; residue++)
        {
            foreach (var atom in protein.Residues[residue].Atoms)
            {
                WriteAtom(writer, ++id, residue + 1, protein.Residues[residue], atom);
            }
        }

        writer.Write("#\n");
    }

    private static void WriteAtom(TextWriter writer, int id, int number, SyntheticResidue residue, SyntheticAtom atom)
    {
        var (x, y, z) = (Coordinate(atom.Position.X), Coordinate(atom.Position.Y), Coordinate(atom.Position.Z));
        var bFactor = residue.BFactor.ToString("F2", CultureInfo.InvariantCulture);
        writer.Write($"ATOM {Text(id)} {atom.Name[0]} {atom.Name} . {residue.Code} A 1 {Text(number)} ? {x} {y} {z} 1.00 {bFactor} ? "
            + $"{Text(number)} {residue.Code} A {atom.Name} 1\n");
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Coordinate(float value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
