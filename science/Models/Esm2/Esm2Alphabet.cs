namespace Ism.Models.Esm2;

/// <summary>The 33 tokens of ESM2 and both published ways to turn text into them.</summary>
public static class Esm2Alphabet
{
    /// <summary>Number of tokens.</summary>
    public const int Size = 33;

    /// <summary>Id of &lt;cls&gt;, first of every sequence.</summary>
    public const int Cls = 0;

    /// <summary>Id of &lt;pad&gt;.</summary>
    public const int Padding = 1;

    /// <summary>Id of &lt;eos&gt;, last of every sequence.</summary>
    public const int Eos = 2;

    /// <summary>Id of &lt;unk&gt;.</summary>
    public const int Unknown = 3;

    /// <summary>Id of &lt;mask&gt;.</summary>
    public const int Mask = 32;

    /// <summary>Ids of the twenty standard residues are 4..23.</summary>
    public const int FirstStandardResidue = 4;

    /// <summary>Tokens by id.</summary>
    public static IReadOnlyList<string> Tokens { get; } =
    [
        "<cls>", "<pad>", "<eos>", "<unk>", "L", "A", "G", "V", "S", "E", "R", "T", "I", "D", "P", "K", "Q", "N", "F", "Y", "M",
        "H", "W", "C", "X", "B", "U", "Z", "O", ".", "-", "<null_1>", "<mask>",
    ];

    private static readonly string[] LongTokens = [.. Tokens.Where(token => token.Length > 1)];

    /// <summary>The id of a residue letter (upper case), '.' or '-'; null for any other character.</summary>
    public static int? Id(char residue)
    {
        for (var id = FirstStandardResidue; id < Size; id++)
        {
            if (Tokens[id].Length == 1 && Tokens[id][0] == residue)
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>
    /// fair-esm's way: no &lt;cls&gt; and &lt;eos&gt; are added, white space is dropped, tokens such as &lt;mask&gt; are taken
    /// whole, and anything else is an error.
    /// </summary>
    /// <exception cref="FormatException">Text that is no token; the message shows it and where it is.</exception>
    public static int[] Encode(string text)
    {
        var ids = new List<int>();
        foreach (var (id, start, length) in Pieces(text))
        {
            ids.Add(id ?? throw new FormatException(
                $"'{text.Substring(start, length)}' at position {start} is no ESM2 token; residues are upper case, without J"));
        }

        return [.. ids];
    }

    /// <summary>
    /// Hugging Face's way: &lt;cls&gt; first and &lt;eos&gt; last, and every run of unknown characters becomes ONE &lt;unk&gt;,
    /// so that positions can shift against the text.
    /// </summary>
    public static int[] EncodeWithUnknown(string text) =>
        [Cls, .. Pieces(text).Select(piece => piece.Id ?? Unknown), Eos];

    /// <summary>&lt;cls&gt;, the residues, &lt;eos&gt;; one token a residue.</summary>
    /// <exception cref="FormatException">A character is no residue of the vocabulary.</exception>
    public static int[] EncodeResidues(ReadOnlySpan<char> residues)
    {
        var ids = new int[residues.Length + 2];
        ids[0] = Cls;
        ids[^1] = Eos;
        for (var i = 0; i < residues.Length; i++)
        {
            ids[i + 1] = Id(residues[i]) ?? throw new FormatException(
                $"'{residues[i]}' at position {i} is no residue of ESM2; residues are upper case letters except J");
        }

        return ids;
    }

    /// <summary>Tokens, and runs of characters between them that are none (id null).</summary>
    private static IEnumerable<(int? Id, int Start, int Length)> Pieces(string text)
    {
        var unknownFrom = -1;
        for (var i = 0; i < text.Length;)
        {
            var (id, length) = TokenAt(text, i);
            var isSpace = char.IsWhiteSpace(text[i]);
            if ((id is not null || isSpace) && unknownFrom >= 0)
            {
                yield return (null, unknownFrom, i - unknownFrom);
                unknownFrom = -1;
            }

            if (id is not null)
            {
                yield return (id, i, length);
            }
            else if (!isSpace && unknownFrom < 0)
            {
                unknownFrom = i;
            }

            i += length;
        }

        if (unknownFrom >= 0)
        {
            yield return (null, unknownFrom, text.Length - unknownFrom);
        }
    }

    private static (int? Id, int Length) TokenAt(string text, int index)
    {
        if (text[index] == '<')
        {
            foreach (var token in LongTokens)
            {
                if (string.CompareOrdinal(text, index, token, 0, token.Length) == 0)
                {
                    return (IndexOf(token), token.Length);
                }
            }
        }

        return (Id(text[index]), 1);
    }

    private static int IndexOf(string token)
    {
        for (var id = 0; id < Size; id++)
        {
            if (Tokens[id] == token)
            {
                return id;
            }
        }

        return Unknown;
    }
}
