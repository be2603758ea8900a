namespace Ism.Corpus.Teachers;

/// <summary>Tokens of one chain, as a file made elsewhere gives them.</summary>
/// <param name="Name">Name of the structure, maybe with the chain's behind it.</param>
/// <param name="Chain">Name of the chain; null where the file has no such column.</param>
/// <param name="Sequence">One letter a residue; null where the file has none.</param>
/// <param name="Tokens">One token a residue; <see cref="TokenRow.NoToken"/> where there is none.</param>
public sealed record TeacherTokens(string Name, string? Chain, string? Sequence, ushort[] Tokens);

/// <summary>How a file writes tokens, and how many there are.</summary>
public sealed class TeacherAlphabet
{
    /// <summary>Most tokens that a teacher may have.</summary>
    public const int MostTokens = short.MaxValue;

    private const ushort Unknown = ushort.MaxValue - 1;
    private readonly ushort[] _ids = new ushort[128];

    /// <summary>Numbers below <paramref name="clusters"/>, or, where <paramref name="letters"/> is not empty, those letters in the order of
    /// their ids.</summary>
    /// <exception cref="ArgumentException">Too few or too many tokens, letters that are not ASCII or come twice, or letters and a number
    /// of tokens that disagree.</exception>
    public TeacherAlphabet(int clusters, string letters = "")
    {
        Clusters = clusters > 0 ? clusters : letters.Length;
        Letters = letters;
        if (Clusters is < 2 or > MostTokens || (letters.Length > 0 && letters.Length != Clusters))
        {
            throw new ArgumentException(
                $"{clusters} tokens and an alphabet of {letters.Length} letters: a teacher has 2 to {MostTokens} tokens, and an alphabet as "
                + "many letters");
        }

        Array.Fill(_ids, Unknown);
        foreach (var none in "-.?")
        {
            _ids[none] = TokenRow.NoToken;
        }

        // Foldseek writes 3Di in either case.
        var caseMatters = letters.DistinctBy(char.ToUpperInvariant).Count() < letters.Length;
        for (var id = 0; id < letters.Length; id++)
        {
            var letter = letters[id];
            if (letter is <= ' ' or > '~' || letters.IndexOf(letter, StringComparison.Ordinal) != id)
            {
                throw new ArgumentException($"the alphabet '{letters}' holds '{letter}' twice, or it is no visible ASCII letter");
            }

            _ids[letter] = (ushort)id;
            if (!caseMatters)
            {
                _ids[char.ToLowerInvariant(letter)] = _ids[char.ToUpperInvariant(letter)] = (ushort)id;
            }
        }
    }

    /// <summary>Number of tokens.</summary>
    public int Clusters { get; }

    /// <summary>The letters; empty where tokens are numbers.</summary>
    public string Letters { get; }

    /// <summary>Tokens of a text: letters side by side ('-', '.' and '?' stand for none), or numbers with blanks between (-1 and 65535 stand
    /// for none).</summary>
    /// <exception cref="InvalidDataException">A letter or number is no token.</exception>
    public ushort[] Read(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (Letters.Length > 0)
        {
            var tokens = new ushort[text.Length];
            for (var i = 0; i < text.Length; i++)
            {
                tokens[i] = text[i] < 128 && _ids[text[i]] != Unknown
                    ? _ids[text[i]]
                    : throw new InvalidDataException($"'{text[i]}' at residue {i} is not in the alphabet '{Letters}'");
            }

            return tokens;
        }

        var numbers = new List<ushort>();
        foreach (var part in text.Split(' '))
        {
            if (text[part] is { Length: > 0 } number)
            {
                numbers.Add(int.TryParse(number, out var value)
                    ? Checked(value, numbers.Count)
                    : throw new InvalidDataException(
                        $"'{number}' at residue {numbers.Count} is no number; tokens are numbers with blanks between, or give an alphabet"));
            }
        }

        return [.. numbers];
    }

    /// <summary>A number as a token.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public ushort Checked(long value, int residue) => value switch
    {
        -1 or TokenRow.NoToken => TokenRow.NoToken,
        >= 0 when value < Clusters => (ushort)value,
        _ => throw new InvalidDataException($"token {value} at residue {residue} is not one of 0 to {Clusters - 1}"),
    };
}
