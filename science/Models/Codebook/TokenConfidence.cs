namespace Ism.Models.Codebook;

/// <summary>How often each token falls on residues of known pLDDT, and on badly predicted ones. Grows chunk by chunk.</summary>
public sealed class TokenConfidence
{
    /// <summary>Below this pLDDT AlphaFold calls a residue very badly predicted, usually disordered.</summary>
    public const float LowPlddt = 50;

    private readonly long[] _known;
    private readonly long[] _low;

    /// <summary>Starts from nothing.</summary>
    public TokenConfidence(int tokens) => (_known, _low) = (new long[tokens], new long[tokens]);

    /// <summary>Continues from counts, as they were sent or stored.</summary>
    /// <exception cref="ArgumentException">The counts do not fit together.</exception>
    public TokenConfidence(IReadOnlyList<long> known, IReadOnlyList<long> low)
    {
        if (known.Count != low.Count || known.Zip(low).Any(pair => pair.Second < 0 || pair.Second > pair.First))
        {
            throw new ArgumentException("per token, residues under pLDDT 50 must be between 0 and all its residues");
        }

        (_known, _low) = ([.. known], [.. low]);
    }

    /// <summary>Per token: residues of known pLDDT.</summary>
    public IReadOnlyList<long> Known => _known;

    /// <summary>Per token: those of them under pLDDT 50.</summary>
    public IReadOnlyList<long> Low => _low;

    /// <summary>Counts residues.</summary>
    /// <param name="tokens">Token per residue.</param>
    /// <param name="plddt">0..100 per residue; NaN where it is not known (experimental structures).</param>
    /// <exception cref="ArgumentException">The lengths differ, or a token is outside the codebook.</exception>
    public void Add(ReadOnlySpan<ushort> tokens, ReadOnlySpan<float> plddt)
    {
        if (tokens.Length != plddt.Length)
        {
            throw new ArgumentException($"{tokens.Length} tokens but {plddt.Length} pLDDT values");
        }

        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] >= _known.Length)
            {
                throw new ArgumentException($"token {tokens[i]} is outside a codebook of {_known.Length}");
            }

            if (!float.IsNaN(plddt[i]))
            {
                _known[tokens[i]]++;
                _low[tokens[i]] += plddt[i] < LowPlddt ? 1 : 0;
            }
        }
    }

    /// <summary>Adds another part's counts to these.</summary>
    /// <exception cref="ArgumentException">The codebooks have different sizes.</exception>
    public void Add(TokenConfidence other)
    {
        if (other._known.Length != _known.Length)
        {
            throw new ArgumentException($"counts of {other._known.Length} tokens cannot be added to those of {_known.Length}");
        }

        for (var k = 0; k < _known.Length; k++)
        {
            _known[k] += other._known[k];
            _low[k] += other._low[k];
        }
    }
}
