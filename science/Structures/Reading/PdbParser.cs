namespace Ism.Structures;

/// <summary>
/// Reads the fixed columns of the PDB format (wwPDB, version 3.30) and its everyday deviations: no element columns, no occupancy,
/// no chain id, four-letter residue names of CHARMM, hybrid-36 and five-digit numbers, CRLF, a last line without its end.
/// </summary>
internal static class PdbParser
{
    private const int CoordinatesEnd = 54;

    /// <summary>Parses the first model.</summary>
    /// <exception cref="StructureRefusedException">A field is damaged, or the last line is cut.</exception>
    public static void Parse(ReadOnlySpan<byte> content, RawStructure into)
    {
        var line = 0;
        var ended = false;
        var facts = into.Facts;
        facts.Format = StructureFormat.Pdb;
        facts.Models = 1;
        while (!content.IsEmpty)
        {
            line++;
            var end = content.IndexOf((byte)'\n');
            var last = end < 0;
            var record = last ? content : content[..end];
            content = last ? default : content[(end + 1)..];
            if (record.Length > 0 && record[^1] == '\r')
            {
                record = record[..^1];
            }

            if (record.Length < 3)
            {
                continue;
            }

            if (record.StartsWith("ATOM "u8) || record.StartsWith("HETATM"u8))
            {
                ended = false;
                Atom(record, line, last, into);
            }
            else if (record.StartsWith("TER"u8))
            {
                ended = true;
                Terminate(record, into);
            }
            else if (record.StartsWith("ENDMDL"u8) || record.StartsWith("MODEL "u8))
            {
                if (into.AtomCount > 0)
                {
                    ended = true;
                    var another = record[0] == 'M' || content.StartsWith("MODEL "u8) || content.IndexOf("\nMODEL "u8) >= 0;
                    facts.Models += another ? 1 : 0;
                    break;
                }
            }
            else if (record.StartsWith("END"u8) || record.StartsWith("CONECT"u8) || record.StartsWith("MASTER"u8))
            {
                ended = true;
            }
            else if (into.AtomCount == 0)
            {
                Header(record, into);
            }
        }

        facts.LastLine = line;
        facts.NoEnd = !ended && into.AtomCount > 0;
    }

    private static void Atom(ReadOnlySpan<byte> record, int line, bool last, RawStructure into)
    {
        if (record.Length < CoordinatesEnd)
        {
            throw last
                ? into.Refuse(RefusalReason.Truncated, line,
                    $"the file ends inside an atom record, after {record.Length} columns")
                : into.Refuse(RefusalReason.Damaged, line,
                    $"an atom record of {record.Length} columns; coordinates end in column 54");
        }

        if (!NumberFields.TryFloat(Field(record, 30, 8), out var x) || !NumberFields.TryFloat(Field(record, 38, 8), out var y)
            || !NumberFields.TryFloat(Field(record, 46, 8), out var z))
        {
            throw into.Refuse(RefusalReason.Damaged, line, $"columns 31-54 hold no coordinates: '{Text(Field(record, 30, 24))}'");
        }

        // Column 21 is blank by the format; CHARMM puts the fourth letter of a residue name there, others a second chain letter.
        var nameField = Field(record, 17, 3);
        var chainField = Field(record, 21, 1);
        var name = PackedName.Pack(nameField);
        if (record[20] != ' ')
        {
            if (ResidueNames.IsKnown(name))
            {
                chainField = Field(record, 20, 2);
            }
            else
            {
                nameField = Field(record, 17, 4);
                name = PackedName.Pack(nameField);
            }
        }

        var entry = ResidueNames.Find(name);
        if (entry.Kind == ResidueKind.Water)
        {
            into.Facts.Waters++;
            return;
        }

        var atomField = record.Slice(12, 4);
        var inPolymer = entry.IsAminoAcid || entry.Kind == ResidueKind.Nucleotide || entry.Kind == ResidueKind.Cap;
        if (record.Length < 78 || !Elements.TryParse(record.Slice(76, 2), out var element))
        {
            element = Elements.FromAtomName(atomField, inPolymer);
        }

        if (element == ElementType.H)
        {
            into.Facts.Hydrogens++;
            return;
        }

        if (!NumberFields.TryResidueNumber(Field(record, 22, 4), out var number))
        {
            throw into.Refuse(RefusalReason.Damaged, line,
                $"columns 23-26 hold no residue number: '{Text(record.Slice(22, 4))}'");
        }

        var insertion = record[26];
        if ((uint)(insertion - '0') <= 9 && number >= 1000)
        {
            // Five digits, as simulation programs write beyond 9999.
            number = number * 10 + insertion - '0';
            insertion = (byte)' ';
        }

        var occupancy = Optional(record, 54, 6, 1, line, "occupancy (columns 55-60)", into);
        var bFactor = Optional(record, 60, 6, float.NaN, line, "B-factor (columns 61-66)", into);
        var altloc = record[16] == ' ' ? (byte)0 : record[16];
        var chain = into.PdbChainOf(PackedName.Pack(chainField), chainField, record[0] == 'A' && entry.IsAminoAcid, number);
        var atomName = PackedName.Pack(atomField.Trim((byte)' '));
        var key = new ResidueKey(chain, number, insertion, name);
        var residue = into.ResidueOf(key, atomName, altloc, record[0] == 'H', PolymerHint.Unknown);
        into.Add(
            new RawAtom
            {
                X = x,
                Y = y,
                Z = z,
                Occupancy = occupancy,
                BFactor = bFactor,
                Residue = residue,
                Name = atomName,
                Element = element,
                Altloc = altloc,
            },
            line);
    }

    private static float Optional(ReadOnlySpan<byte> record, int start, int width, float absent, int line, string what,
        RawStructure into)
    {
        var field = Field(record, start, width);

        // Asterisks are what Fortran prints for a number that is too wide.
        if (field.IsEmpty || field[0] == '*')
        {
            return absent;
        }

        return NumberFields.TryFloat(field, out var value)
            ? value
            : throw into.Refuse(RefusalReason.Damaged, line, $"{what} is no number: '{Text(field)}'");
    }

    private static void Terminate(ReadOnlySpan<byte> record, RawStructure into)
    {
        // A bare TER ends the chain of the atom before it.
        if (into.AtomCount > 0)
        {
            var chain = into.Residues[into.Atoms[into.AtomCount - 1].Residue].Key.Chain;
            var field = Field(record, 21, 1);
            if (field.IsEmpty || into.Chains[chain].Id.EndsWith((char)field[0]))
            {
                into.Chains[chain].Terminated = true;
            }
        }
    }

    private static void Header(ReadOnlySpan<byte> record, RawStructure into)
    {
        var facts = into.Facts;
        if (record.StartsWith("EXPDTA"u8))
        {
            if (Contains(record, "THEORETICAL"u8))
            {
                facts.PredictionEvidence ??= "EXPDTA says theoretical model";
            }
            else
            {
                facts.ExperimentalMethod = true;
            }
        }
        else if (record.StartsWith("PARENT"u8))
        {
            facts.PredictionEvidence ??= "PARENT record of a structure prediction";
        }
        else if (record.StartsWith("TITLE"u8) || record.StartsWith("REMARK"u8) || record.StartsWith("HEADER"u8))
        {
            if (!facts.ExperimentalMethod && facts.PredictionEvidence is null && PredictedModel.NamesPredictor(record))
            {
                facts.PredictionEvidence = "header names a structure prediction program";
            }
        }
        else if (record.StartsWith("SEQRES"u8) && record.Length >= 17
            && NumberFields.TryInt(Field(record, 13, 4), out var declared))
        {
            var id = Field(record, 11, 1);
            into.Chains[into.PdbChainOf(PackedName.Pack(id), id, inProtein: false, 0)].Declared = declared;
        }
    }

    private static bool Contains(ReadOnlySpan<byte> record, ReadOnlySpan<byte> word) => record.IndexOf(word) >= 0;

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> record, int start, int width) =>
        start >= record.Length ? default : record.Slice(start, Math.Min(width, record.Length - start)).Trim((byte)' ');

    private static string Text(ReadOnlySpan<byte> field) => System.Text.Encoding.Latin1.GetString(field);
}
