namespace Ism.Evaluation.Atlas;

/// <summary>What the tokens of a codebook stand for: their profiles in every set of structures, over all sets, and over all tokens to hold
/// them against; and residues typical of each. Not safe for concurrent writers.</summary>
/// <param name="tokens">Tokens K of the codebook.</param>
/// <param name="typical">Typical residues kept for each token.</param>
public sealed class TokenAtlas(int tokens, int typical)
{
    private readonly List<AtlasSet> _sets = [];

    /// <summary>Tokens K.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>The sets, in the order in which they were first named.</summary>
    public IReadOnlyList<AtlasSet> Sets => _sets;

    /// <summary>Typical residues of each token.</summary>
    public TypicalResidues Typical { get; } = new(tokens, typical);

    /// <summary>Structures that could not be used.</summary>
    public int Refused { get; set; }

    /// <summary>The set of a name, made when it is new.</summary>
    public AtlasSet Set(string name)
    {
        var set = _sets.Find(known => known.Name == name);
        if (set is null)
        {
            _sets.Add(set = new AtlasSet(name, Tokens));
        }

        return set;
    }

    /// <summary>Brings the sets into another order.</summary>
    public void Order(Comparison<AtlasSet> order) => _sets.Sort(order);

    /// <summary>The profile of each token over all sets.</summary>
    public TokenProfile[] Profiles() => [.. Enumerable.Range(0, Tokens).Select(token => Merged(_sets.Select(set => set.Profiles[token])))];

    /// <summary>The profile of all residues: what a token's is held against.</summary>
    public static TokenProfile Background(IEnumerable<TokenProfile> profiles) => Merged(profiles);

    private static TokenProfile Merged(IEnumerable<TokenProfile> profiles)
    {
        var merged = new TokenProfile();
        foreach (var profile in profiles)
        {
            merged.Merge(profile);
        }

        return merged;
    }
}
