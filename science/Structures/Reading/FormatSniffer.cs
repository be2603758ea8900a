namespace Ism.Structures;

/// <summary>Tells the formats that are read from each other and from everything else by content; the name serves only to explain.</summary>
internal static class FormatSniffer
{
    private static readonly string[] PdbRecords =
    [
        "ATOM  ", "HETATM", "HEADER", "TITLE ", "REMARK", "COMPND", "SOURCE", "CRYST1", "MODEL ", "SEQRES", "EXPDTA", "PARENT",
        "AUTHOR", "KEYWDS", "OBSLTE", "SPLIT ", "CAVEAT", "NUMMDL", "DBREF ", "ORIGX1", "SCALE1", "HELIX ", "SHEET ", "SSBOND",
        "MODRES", "PFRMAT",
        "JRNL  ", "REVDAT", "HET   ", "HETNAM",
    ];

    /// <summary>The format of decompressed content.</summary>
    /// <exception cref="StructureRefusedException">Empty, another structure format, or no structure.</exception>
    public static StructureFormat Detect(ReadOnlySpan<byte> content, string file)
    {
        if (content.StartsWith("\uFEFF"u8))
        {
            content = content[3..];
        }

        var start = content.IndexOfAnyExcept(" \t\r\n"u8);
        if (start < 0)
        {
            throw new StructureRefusedException(RefusalReason.Empty, file, 0, $"empty: {content.Length} bytes");
        }

        if (content.StartsWith("FCMP"u8))
        {
            return StructureFormat.Foldcomp;
        }

        if (content[0] is (>= 0x80 and <= 0x8F) or 0xDE or 0xDF && content.IndexOf("dataBlocks"u8) >= 0)
        {
            return StructureFormat.BinaryCif;
        }

        RefuseBinary(content, file);
        for (var rest = content[start..]; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            if (line.Length >= 5 && System.Text.Ascii.EqualsIgnoreCase(line[..5], "data_"u8))
            {
                return StructureFormat.Mmcif;
            }

            foreach (var record in PdbRecords)
            {
                if (Starts(line, record))
                {
                    return StructureFormat.Pdb;
                }
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        throw new StructureRefusedException(RefusalReason.NotAStructure, file, 1,
            "neither a PDB record nor an mmCIF data block in it");
    }

    private static bool Starts(ReadOnlySpan<byte> line, string record)
    {
        if (line.Length < record.Length)
        {
            // "MODEL" and its like may stand alone on a line.
            return line.Length >= 5 && line.Length >= record.TrimEnd().Length
                && System.Text.Ascii.Equals(line.TrimEnd((byte)'\r'), record.AsSpan().TrimEnd());
        }

        return line[0] == record[0] && System.Text.Ascii.Equals(line[..record.Length], record);
    }

    private static void RefuseBinary(ReadOnlySpan<byte> content, string file)
    {
        var head = content[..Math.Min(content.Length, 1 << 16)];
        if (head[0] < 0x80 && head.IndexOf((byte)0) < 0 && !head.StartsWith("FCZC"u8))
        {
            return;
        }

        // MMTF is a MessagePack map; its keys are readable.
        var format = head.StartsWith("FCZC"u8) ? "foldcomp container of several fragments"
            : content.IndexOf("mmtfVersion"u8) >= 0 || content.IndexOf("mmtfProducer"u8) >= 0 ? "MMTF"
            : null;
        throw format is null
            ? new StructureRefusedException(RefusalReason.NotAStructure, file, 0,
                "binary content that is no known structure format")
            : new StructureRefusedException(RefusalReason.UnsupportedFormat, file, 0,
                $"{format}; read are PDB, mmCIF, BinaryCIF and foldcomp (.fcz)");
    }
}
