using Ism.Corpus;

namespace Ism.Evaluation.Reports;

/// <summary>What the token files of a catalogue hold, added up: the fate of every structure, use of tokens and of amino acids.</summary>
public sealed class TokenSurvey
{
    private readonly Dictionary<string, (long Count, string Example)> _reasons = [];
    private readonly Dictionary<string, (long Count, string Example)> _notes = [];
    private readonly List<QuarantinedStructure> _quarantined = [];
    private readonly long[] _letters = new long[26];
    private long _structures;
    private long _tokenised;
    private long _chains;
    private long _residues;

    private readonly TokenHistogram[] _tokens;
    private readonly long[] _withoutTokens;

    /// <summary>An empty survey.</summary>
    /// <param name="tokens">Tokens (K) of each teacher.</param>
    public TokenSurvey(IReadOnlyList<int> tokens) =>
        (_tokens, _withoutTokens) = ([.. tokens.Select(k => new TokenHistogram(k))], new long[tokens.Count]);

    /// <summary>Use of the first teacher's tokens.</summary>
    public TokenHistogram Tokens => _tokens[0];

    /// <summary>Use of every teacher's tokens.</summary>
    public IReadOnlyList<TokenHistogram> Teachers => _tokens;

    /// <summary>Per teacher, chains of which it says nothing.</summary>
    public IReadOnlyList<long> ChainsWithoutTokens => _withoutTokens;

    /// <summary>Refused structures, by position.</summary>
    public IReadOnlyList<QuarantinedStructure> Quarantined => _quarantined;

    /// <summary>Surveys all chunks of a catalogue.</summary>
    /// <exception cref="IOException">A token file is missing.</exception>
    /// <exception cref="InvalidDataException">A token file is damaged.</exception>
    public static TokenSurvey Of(string tokensFolder, int chunks, params IReadOnlyList<int> tokens)
    {
        var survey = new TokenSurvey(tokens);
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            using var file = TokenFile.Open(TokenFile.PathOf(tokensFolder, chunk));
            survey.Add(file);
        }

        return survey;
    }

    /// <summary>Adds a chunk.</summary>
    public void Add(TokenFile file)
    {
        for (var teacher = 0; teacher < _tokens.Length; teacher++)
        {
            _tokens[teacher].Add(file, teacher);
            for (var row = 0; row < file.RowCount; row++)
            {
                _withoutTokens[teacher] += file.Tokens(teacher, row).ContainsAnyExcept(TokenRow.NoToken) ? 0 : 1;
            }
        }

        _structures += file.Header.Positions.Count;
        _tokenised += file.Header.Positions.Count - file.Quarantine.Count;
        _chains += file.RowCount;
        foreach (var refused in file.Quarantine)
        {
            _quarantined.Add(refused);
            Count(_reasons, refused.Reason, refused.Name);
        }

        for (var row = 0; row < file.RowCount; row++)
        {
            _residues += file.Length(row);
            foreach (var letter in file.Sequence(row))
            {
                _letters[letter - 'A']++;
            }

            foreach (var note in file.Notes(row).Split("; ", StringSplitOptions.RemoveEmptyEntries))
            {
                // Numbers in notes differ from structure to structure; what was decided does not.
                Count(_notes, WithoutNumbers(note), file.Name(row));
            }
        }
    }

    /// <summary>The account of the catalogue.</summary>
    public StructureAccount Account(string name) => new(
        name, _structures, _tokenised, _chains, _residues, Counted(_reasons), _quarantined, Counted(_notes));

    /// <summary>The share of residues of this survey that have the token most frequent in <paramref name="trained"/>, the excluded one
    /// left out in both: what always saying that token gets right.</summary>
    /// <param name="trained">A teacher's tokens in what was trained on.</param>
    /// <param name="excluded">The token left out; null for none.</param>
    /// <param name="teacher">Which teacher.</param>
    public double TokenBaseline(TokenHistogram trained, int? excluded, int teacher = 0)
    {
        var counts = trained.Counts.Select((c, k) => k == excluded ? -1 : c).ToArray();
        var most = Array.IndexOf(counts, counts.Max());
        var total = _tokens[teacher].Counts.Where((_, k) => k != excluded).Sum();
        return total == 0 ? 0 : (double)_tokens[teacher].Counts[most] / total;
    }

    /// <summary>The share of this survey's residues that are the amino acid most frequent in <paramref name="trained"/>.</summary>
    public double AminoAcidBaseline(TokenSurvey trained)
    {
        var most = Array.IndexOf(trained._letters, trained._letters.Max());
        return _residues == 0 ? 0 : (double)_letters[most] / _residues;
    }

    private static void Count(Dictionary<string, (long Count, string Example)> counts, string key, string example) =>
        counts[key] = counts.TryGetValue(key, out var known) ? (known.Count + 1, known.Example) : (1, example);

    private static CountedReason[] Counted(Dictionary<string, (long Count, string Example)> counts) =>
        [.. counts.Select(c => new CountedReason(c.Key, c.Value.Count, c.Value.Example)).OrderByDescending(c => c.Count).ThenBy(c => c.Reason)];

    private static string WithoutNumbers(string note) =>
        string.Join(' ', note.Split(' ').Select(word => word.Any(char.IsDigit) ? "…" : word));
}
