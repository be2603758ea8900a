namespace Ism.Structures;

/// <summary>
/// Reads the atom_site loop of mmCIF (PDBx dictionary, wwPDB) by the author's chain ids, residue numbers and names, so that an
/// entry reads alike from PDB and mmCIF. The rest of the file is searched only for how the structure was made.
/// </summary>
internal static class CifParser
{
    private const int MostColumns = 64;

    /// <summary>Parses the first model of the first atom_site loop.</summary>
    /// <exception cref="StructureRefusedException">No such loop, a row is damaged, or the file ends inside one.</exception>
    public static void Parse(ReadOnlySpan<byte> content, RawStructure into)
    {
        var facts = into.Facts;
        facts.Format = StructureFormat.Mmcif;
        facts.Models = 1;
        ReadMethod(content, facts);
        var loop = FindAtomSiteLoop(content);
        if (loop < 0)
        {
            throw into.Refuse(RefusalReason.NoAtoms, 0, "mmCIF without an _atom_site loop");
        }

        var line = content[..loop].Count((byte)'\n') + 1;
        var tokens = new CifTokens(content, loop, line);
        var columns = new AtomSiteColumns();
        var rowStart = loop;
        var kind = tokens.Next(out var start, out var length);
        while (kind == CifTokenKind.Bare && content.Slice(start, length) is var tag && IsAtomSite(tag))
        {
            columns.Add(tag["_atom_site."u8.Length..]);
            rowStart = tokens.Position;
            line = tokens.Line;
            kind = tokens.Next(out start, out length);
        }

        if (columns.Missing() is { } missing)
        {
            throw into.Refuse(RefusalReason.Damaged, line, $"the atom_site loop has no {missing}");
        }

        if (columns.Count > MostColumns)
        {
            throw into.Refuse(RefusalReason.Damaged, line,
                $"{columns.Count} columns of atom_site, more than the {MostColumns} allowed");
        }

        Rows(content, new CifTokens(content, rowStart, line), columns, into);
    }

    private static void Rows(ReadOnlySpan<byte> content, CifTokens tokens, in AtomSiteColumns columns, RawStructure into)
    {
        Span<CifField> row = stackalloc CifField[MostColumns];
        row = row[..columns.Count];
        var firstModel = 0UL;
        var seen = false;
        while (true)
        {
            var kind = tokens.Next(out var start, out var length);
            if (kind == CifTokenKind.End || (kind == CifTokenKind.Bare && EndsLoop(content.Slice(start, length))))
            {
                break;
            }

            var line = tokens.Line;
            row[0] = new CifField(start, length, kind);
            for (var column = 1; column < row.Length; column++)
            {
                kind = tokens.Next(out start, out length);
                if (kind == CifTokenKind.End)
                {
                    throw into.Refuse(RefusalReason.Truncated, line,
                        $"the file ends inside an atom_site row, after {column} of {row.Length} values");
                }

                if (kind == CifTokenKind.Bare && EndsLoop(content.Slice(start, length)))
                {
                    throw into.Refuse(RefusalReason.Damaged, line,
                        $"an atom_site row of {column} values instead of {row.Length}");
                }

                row[column] = new CifField(start, length, kind);
            }

            var atom = new CifRow(content, row, line);
            var position = AtomSiteAtoms.Position(ref atom, columns, into);
            if (columns.Model >= 0)
            {
                var model = PackedName.Pack(row[columns.Model].Bytes(content));
                if (!seen)
                {
                    firstModel = model;
                }
                else if (model != firstModel)
                {
                    into.Facts.Models++;
                    break;
                }
            }

            seen = true;
            AtomSiteAtoms.Add(ref atom, columns, position, into);
        }

        into.Facts.LastLine = tokens.Line;
    }

    private static bool IsAtomSite(ReadOnlySpan<byte> tag) =>
        tag.Length > 11 && tag[0] == '_' && System.Text.Ascii.EqualsIgnoreCase(tag[..11], "_atom_site."u8);

    private static bool EndsLoop(ReadOnlySpan<byte> token) => token[0] switch
    {
        (byte)'_' => true,
        (byte)'l' or (byte)'L' => System.Text.Ascii.EqualsIgnoreCase(token, "loop_"u8),
        (byte)'d' or (byte)'D' => token.Length >= 5 && System.Text.Ascii.EqualsIgnoreCase(token[..5], "data_"u8),
        (byte)'s' or (byte)'S' => token.Length >= 5 && System.Text.Ascii.EqualsIgnoreCase(token[..5], "save_"u8),
        _ => false,
    };

    // Tokenising all that precedes the atoms would cost more than the atoms; "loop_" followed by an atom_site tag is
    // unmistakable.
    private static int FindAtomSiteLoop(ReadOnlySpan<byte> content)
    {
        for (var from = 0; ;)
        {
            var found = content[from..].IndexOf("_atom_site."u8);
            if (found < 0)
            {
                return -1;
            }

            found += from;
            var before = content[..found].TrimEnd(" \t\r\n"u8);
            if (before.EndsWith("loop_"u8) && before.Length < found)
            {
                return found;
            }

            from = found + 1;
        }
    }

    private static void ReadMethod(ReadOnlySpan<byte> content, RawFacts facts)
    {
        var head = content;
        if (content.IndexOf("_ma_qa_metric"u8) >= 0)
        {
            facts.PredictionEvidence = "mmCIF has ma_qa_metric";
        }

        var method = head.IndexOf("_exptl.method"u8);
        if (method >= 0)
        {
            // Either a value behind the tag, or a loop whose first row follows the tags.
            var window = head.Slice(method, Math.Min(400, head.Length - method));
            if (window.IndexOf("THEORETICAL"u8) >= 0)
            {
                facts.PredictionEvidence ??= "exptl.method says theoretical model";
            }
            else
            {
                facts.ExperimentalMethod = true;
            }
        }

        var title = head.IndexOf("_struct.title"u8);
        if (title >= 0 && PredictedModel.NamesPredictor(head.Slice(title, Math.Min(300, head.Length - title))))
        {
            facts.PredictionEvidence ??= "title names a structure prediction program";
        }
    }

    private readonly record struct CifField(int Start, int Length, CifTokenKind Kind)
    {
        public ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> content) => content.Slice(Start, Length);
    }

    private readonly ref struct CifRow(ReadOnlySpan<byte> content, ReadOnlySpan<CifField> fields, int line) : IAtomSiteRow
    {
        private readonly ReadOnlySpan<byte> _content = content;
        private readonly ReadOnlySpan<CifField> _fields = fields;

        public int Line { get; } = line;

        public bool Has(int column) => !Value(column).IsEmpty;

        public ReadOnlySpan<byte> Value(int column)
        {
            if (column < 0)
            {
                return default;
            }

            var field = _fields[column];
            var text = field.Bytes(_content);
            return text.Length == 1 && field.Kind == CifTokenKind.Bare && text[0] is (byte)'.' or (byte)'?' ? default : text;
        }

        public bool TryFloat(int column, out float value) => NumberFields.TryFloat(_fields[column].Bytes(_content), out value);

        public bool TryInteger(int column, out int value) => NumberFields.TryInt(Value(column), out value);

        public string Describe(string detail) => detail;
    }
}
