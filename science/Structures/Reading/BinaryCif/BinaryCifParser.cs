namespace Ism.Structures;

/// <summary>
/// Reads the atom_site category of BinaryCIF (github.com/molstar/BinaryCIF) as <see cref="CifParser"/> reads the loop of the text
/// form: the same items, the same first model, the same evidence for a prediction.
/// </summary>
internal static class BinaryCifParser
{
    /// <summary>Parses the first model of the first atom_site category.</summary>
    /// <exception cref="StructureRefusedException">No such category, or the content does not hold what the format
    /// says.</exception>
    public static void Parse(ReadOnlySpan<byte> content, RawStructure into)
    {
        into.Facts.Format = StructureFormat.BinaryCif;
        into.Facts.Models = 1;
        try
        {
            var decoder = new BinaryCifDecoder(content, into.Options.MaxContentBytes);
            var categories = BinaryCifCategories.Find(content);
            if (!categories.TryGetValue("_atom_site", out var sites))
            {
                throw into.Refuse(RefusalReason.NoAtoms, 0, "BinaryCIF without an _atom_site category");
            }

            Evidence(categories, content, decoder, into.Facts);
            Rows(sites, content, decoder, into);
        }
        catch (BinaryCifException e)
        {
            throw new StructureRefusedException(e.Reason, into.File, 0, $"BinaryCIF: {e.Message}", e);
        }
    }

    private static void Rows(BinaryCifCategory sites, ReadOnlySpan<byte> content, BinaryCifDecoder decoder, RawStructure into)
    {
        var columns = new AtomSiteColumns();
        foreach (var (name, _, _) in sites.Columns)
        {
            columns.Add(System.Text.Encoding.UTF8.GetBytes(name));
        }

        if (columns.Missing() is { } missing)
        {
            throw into.Refuse(RefusalReason.Damaged, 0, $"the _atom_site category has no {missing}");
        }

        var decoded = new BinaryCifColumn?[columns.Count];
        foreach (var column in columns.Used())
        {
            decoded[column] = Decode(sites, sites.Columns[column], decoder);
        }

        var row = new BinaryCifRow(decoded);
        var model = columns.Model < 0 ? null : decoded[columns.Model];
        var firstModel = model is null || sites.Rows == 0 ? 0 : PackedName.Pack(model.Value(0));
        for (row.Index = 0; row.Index < sites.Rows; row.Index++)
        {
            var position = AtomSiteAtoms.Position(ref row, columns, into);
            if (model is not null && PackedName.Pack(model.Value(row.Index)) != firstModel)
            {
                into.Facts.Models++;
                break;
            }

            AtomSiteAtoms.Add(ref row, columns, position, into);
        }
    }

    private static BinaryCifColumn Decode(
        BinaryCifCategory category, (string Name, int Data, int Mask) column, BinaryCifDecoder decoder)
    {
        if (column.Data < 0)
        {
            throw BinaryCifException.Damaged($"column {column.Name} has no data");
        }

        var values = decoder.Column(column.Data);
        Expect(values.Count, "values");
        if (column.Mask >= 0)
        {
            var mask = decoder.Integers(column.Mask);
            Expect(mask.Length, "mask values");
            values.Mask(mask);
        }

        return values;

        void Expect(int count, string what)
        {
            if (count != category.Rows)
            {
                throw BinaryCifException.Damaged($"column {column.Name} has {count} {what}; its category says {category.Rows} rows");
            }
        }
    }

    private static void Evidence(
        Dictionary<string, BinaryCifCategory> categories, ReadOnlySpan<byte> content, BinaryCifDecoder decoder, RawFacts facts)
    {
        if (categories.Keys.Any(name => name.StartsWith("_ma_qa_metric", StringComparison.Ordinal)))
        {
            facts.PredictionEvidence = "mmCIF has ma_qa_metric";
        }

        if (Column(categories, "_exptl", "method", decoder) is { Count: > 0 } method)
        {
            var theoretical = false;
            for (var row = 0; row < method.Count; row++)
            {
                theoretical |= method.Value(row).IndexOf("THEORETICAL"u8) >= 0;
            }

            facts.ExperimentalMethod = !theoretical;
            facts.PredictionEvidence ??= theoretical ? "exptl.method says theoretical model" : null;
        }

        if (Column(categories, "_struct", "title", decoder) is { Count: > 0 } title
            && PredictedModel.NamesPredictor(title.Value(0)[..Math.Min(300, title.Value(0).Length)]))
        {
            facts.PredictionEvidence ??= "title names a structure prediction program";
        }
    }

    private static BinaryCifColumn? Column(
        Dictionary<string, BinaryCifCategory> categories, string category, string column, BinaryCifDecoder decoder)
    {
        if (!categories.TryGetValue(category, out var found))
        {
            return null;
        }

        var index = found.Columns.FindIndex(c => c.Name == column);
        return index < 0 ? null : Decode(found, found.Columns[index], decoder);
    }

    private struct BinaryCifRow(BinaryCifColumn?[] columns) : IAtomSiteRow
    {
        public int Index;

        public readonly int Line => 0;

        public readonly bool Has(int column) => column >= 0 && columns[column]!.Has(Index);

        public readonly ReadOnlySpan<byte> Value(int column) => column < 0 ? default : columns[column]!.Value(Index);

        public readonly bool TryFloat(int column, out float value) => columns[column]!.TryFloat(Index, out value);

        public readonly bool TryInteger(int column, out int value) => columns[column]!.TryInteger(Index, out value);

        public readonly string Describe(string detail) => $"row {Index + 1} of _atom_site: {detail}";
    }
}
