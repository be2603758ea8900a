namespace Ism.Corpus;

/// <summary>
/// How often each structure token occurs, in all and among residues predicted with pLDDT under 50. Histograms of parts add up to
/// that of the whole. Not safe for concurrent writers.
/// </summary>
public sealed class TokenHistogram
{
    /// <summary>Residues with a pLDDT below this are taken for badly predicted (unfolded).</summary>
    public const byte LowPlddt = 50;

    private readonly long[] _counts;
    private readonly long[] _lowCounts;

    /// <summary>An empty histogram.</summary>
    /// <param name="tokens">Number of tokens (K of the codebook).</param>
    public TokenHistogram(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        _counts = new long[tokens];
        _lowCounts = new long[tokens];
    }

    /// <summary>A histogram with counts from elsewhere (a message, a file).</summary>
    public TokenHistogram(IReadOnlyList<long> counts, IReadOnlyList<long> lowCounts)
        : this(counts.Count)
    {
        if (lowCounts.Count != counts.Count)
        {
            throw new ArgumentException($"{counts.Count} counts need as many low counts, not {lowCounts.Count}",
                nameof(lowCounts));
        }

        for (var token = 0; token < counts.Count; token++)
        {
            (_counts[token], _lowCounts[token]) = (counts[token], lowCounts[token]);
        }
    }

    /// <summary>Residues per token.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>Residues per token whose pLDDT is under 50.</summary>
    public IReadOnlyList<long> LowCounts => _lowCounts;

    /// <summary>All residues with a token.</summary>
    public long Total => _counts.Sum();

    /// <summary>The most frequent token (the lowest id on a tie).</summary>
    public int MostFrequent => Array.IndexOf(_counts, _counts.Max());

    /// <summary>Counts a chain.</summary>
    /// <param name="tokens">One token a residue; <see cref="TokenRow.NoToken"/> is not counted.</param>
    /// <param name="plddt">pLDDT a residue, or empty when unknown.</param>
    public void Add(ReadOnlySpan<ushort> tokens, ReadOnlySpan<byte> plddt)
    {
        if (plddt.Length != 0 && plddt.Length != tokens.Length)
        {
            throw new ArgumentException($"{tokens.Length} tokens, but {plddt.Length} pLDDT values", nameof(plddt));
        }

        for (var residue = 0; residue < tokens.Length; residue++)
        {
            var token = tokens[residue];
            if (token == TokenRow.NoToken)
            {
                continue;
            }

            if (token >= _counts.Length)
            {
                throw new ArgumentException($"token {token} of residue {residue} is not below K = {_counts.Length}",
                    nameof(tokens));
            }

            _counts[token]++;
            if (plddt.Length != 0 && plddt[residue] < LowPlddt)
            {
                _lowCounts[token]++;
            }
        }
    }

    /// <summary>Counts one token sequence of a whole token file.</summary>
    public void Add(TokenFile file, int teacher)
    {
        for (var row = 0; row < file.RowCount; row++)
        {
            Add(file.Tokens(teacher, row), file.Plddt(row));
        }
    }

    /// <summary>Adds the counts of another part.</summary>
    public void Merge(TokenHistogram other)
    {
        if (other._counts.Length != _counts.Length)
        {
            throw new ArgumentException($"a histogram of {other._counts.Length} tokens does not add to one of {_counts.Length}",
                nameof(other));
        }

        for (var token = 0; token < _counts.Length; token++)
        {
            _counts[token] += other._counts[token];
            _lowCounts[token] += other._lowCounts[token];
        }
    }

    /// <summary>Share of a token's residues with pLDDT under 50, in [0, 1]; 0 for an unused token.</summary>
    public double LowShare(int token) => _counts[token] == 0 ? 0 : (double)_lowCounts[token] / _counts[token];
}
