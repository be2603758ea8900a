using System.IO.Compression;
using System.Text;

namespace Ism.Models.Esm2;

/// <summary>One sequence of a FASTA file.</summary>
/// <param name="Id">The header up to the first white space.</param>
/// <param name="Sequence">Upper case residues, without white space and without a stop at the end.</param>
public sealed record FastaRecord(string Id, string Sequence);

/// <summary>Reads FASTA, plain or gzipped (.gz), one record at a time.</summary>
public static class FastaFile
{
    /// <summary>
    /// The records in file order. Sequences may span lines. Lower case (soft masking) is read as upper case; one '*' at the end
    /// (a translated stop codon) is dropped; empty lines and lines that begin with ';' are skipped.
    /// </summary>
    /// <exception cref="FormatException">Text before the first header, a header without id, or a record without residues.
    /// </exception>
    public static IEnumerable<FastaRecord> Read(string path)
    {
        using var file = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using var reader = new StreamReader(plain);
        foreach (var record in Read(reader, path))
        {
            yield return record;
        }
    }

    /// <inheritdoc cref="Read(string)"/>
    /// <param name="reader">The text.</param>
    /// <param name="origin">For messages.</param>
    public static IEnumerable<FastaRecord> Read(TextReader reader, string origin)
    {
        string? id = null;
        var sequence = new StringBuilder();
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.StartsWith('>'))
            {
                if (id is not null)
                {
                    yield return Finished(id, sequence, origin);
                }

                id = line.AsSpan(1).Trim().ToString().Split((char[]?)null, 2)[0];
                if (id.Length == 0)
                {
                    throw new FormatException($"{origin}, line {number}: the header has no id");
                }

                sequence.Clear();
            }
            else if (!line.StartsWith(';') && !string.IsNullOrWhiteSpace(line))
            {
                if (id is null)
                {
                    throw new FormatException($"{origin}, line {number}: text before the first '>'; this is no FASTA file");
                }

                sequence.Append(line);
            }
        }

        if (id is not null)
        {
            yield return Finished(id, sequence, origin);
        }
    }

    private static FastaRecord Finished(string id, StringBuilder sequence, string origin)
    {
        var residues = string.Concat(sequence.ToString().Where(c => !char.IsWhiteSpace(c))).ToUpperInvariant();
        residues = residues.EndsWith('*') ? residues[..^1] : residues;
        return residues.Length > 0
            ? new FastaRecord(id, residues)
            : throw new FormatException($"{origin}: record '{id}' has no residues");
    }
}
