namespace Ism.Structures;

/// <summary>One row of atom_site, whatever form the file has. Columns are those of <see cref="AtomSiteColumns"/>; a column of
/// -1 has no value.</summary>
internal interface IAtomSiteRow
{
    /// <summary>1-based line, or 0 where the form has no lines.</summary>
    int Line { get; }

    /// <summary>Whether there is a value: not "." or "?".</summary>
    bool Has(int column);

    /// <summary>The value as text; empty where there is none.</summary>
    ReadOnlySpan<byte> Value(int column);

    /// <summary>The value of a column that the file has, as a number.</summary>
    bool TryFloat(int column, out float value);

    /// <summary>The value of a column that the file has, as a whole number.</summary>
    bool TryInteger(int column, out int value);

    /// <summary>A message about this row, with what names the row where its line does not.</summary>
    string Describe(string detail);
}

/// <summary>What a row of atom_site says about one atom; the same for text and binary files.</summary>
internal static class AtomSiteAtoms
{
    /// <summary>The row's coordinates, Å.</summary>
    /// <exception cref="StructureRefusedException">They are no numbers.</exception>
    public static (float X, float Y, float Z) Position<TRow>(scoped ref TRow row, in AtomSiteColumns columns, RawStructure into)
        where TRow : struct, IAtomSiteRow, allows ref struct
    {
        if (!row.TryFloat(columns.X, out var x) || !row.TryFloat(columns.Y, out var y) || !row.TryFloat(columns.Z, out var z))
        {
            throw into.Refuse(RefusalReason.Damaged, row.Line, row.Describe("Cartn_x, Cartn_y, Cartn_z are no coordinates: "
                + $"'{Text(ref row, columns.X)}', '{Text(ref row, columns.Y)}', '{Text(ref row, columns.Z)}'"));
        }

        return (x, y, z);
    }

    /// <summary>Adds the row's atom; waters and hydrogens are only counted.</summary>
    /// <exception cref="StructureRefusedException">A field does not hold what it should.</exception>
    public static void Add<TRow>(
        scoped ref TRow row, in AtomSiteColumns columns, (float X, float Y, float Z) position, RawStructure into)
        where TRow : struct, IAtomSiteRow, allows ref struct
    {
        var name = PackedName.Pack(row.Value(row.Has(columns.AuthComp) ? columns.AuthComp : columns.LabelComp));
        var entry = ResidueNames.Find(name);
        if (entry.Kind == ResidueKind.Water)
        {
            into.Facts.Waters++;
            return;
        }

        var atomText = row.Value(row.Has(columns.LabelAtom) ? columns.LabelAtom : columns.AuthAtom);
        if (!Elements.TryParse(row.Value(columns.Symbol), out var element))
        {
            element = Elements.FromAtomName(atomText, entry.Kind != ResidueKind.Other);
        }

        if (element == ElementType.H)
        {
            into.Facts.Hydrogens++;
            return;
        }

        var numbered = row.Has(columns.AuthSeq) ? columns.AuthSeq : columns.LabelSeq;
        var number = 0;
        if (!row.Has(numbered) || !row.TryInteger(numbered, out number))
        {
            throw into.Refuse(RefusalReason.Damaged, row.Line, row.Describe($"no residue number: '{Text(ref row, numbered)}'"));
        }

        var atomName = PackedName.Pack(atomText);
        var altloc = row.Value(columns.Altloc);
        var altlocByte = altloc.IsEmpty ? (byte)0 : altloc[0];
        var insertion = row.Value(columns.Insertion);
        var insertionByte = insertion.IsEmpty ? (byte)' ' : insertion[0];
        var label = PackedName.Pack(row.Value(columns.LabelAsym));
        var author = row.Value(row.Has(columns.AuthAsym) ? columns.AuthAsym : columns.LabelAsym);
        var hetero = row.Value(columns.Group).SequenceEqual("HETATM"u8);
        var chain = into.ChainOf(PackedName.Pack(author), label, author);
        var key = new ResidueKey(chain, number, insertionByte, name);
        var hint = columns.LabelSeq < 0 ? PolymerHint.Unknown : row.Has(columns.LabelSeq) ? PolymerHint.Yes : PolymerHint.No;
        into.Add(
            new RawAtom
            {
                X = position.X,
                Y = position.Y,
                Z = position.Z,
                Occupancy = Optional(ref row, columns.Occupancy, 1, "occupancy", into),
                BFactor = Optional(ref row, columns.BFactor, float.NaN, "B_iso_or_equiv", into),
                Residue = into.ResidueOf(key, atomName, altlocByte, hetero, hint),
                Name = atomName,
                Element = element,
                Altloc = altlocByte,
            },
            row.Line);
    }

    private static float Optional<TRow>(scoped ref TRow row, int column, float absent, string what, RawStructure into)
        where TRow : struct, IAtomSiteRow, allows ref struct =>
        !row.Has(column) ? absent
        : row.TryFloat(column, out var value) ? value
        : throw into.Refuse(RefusalReason.Damaged, row.Line, row.Describe($"{what} is no number: '{Text(ref row, column)}'"));

    private static string Text<TRow>(scoped ref TRow row, int column)
        where TRow : struct, IAtomSiteRow, allows ref struct
    {
        var text = row.Value(column);
        return System.Text.Encoding.Latin1.GetString(text[..Math.Min(text.Length, 40)]);
    }
}
