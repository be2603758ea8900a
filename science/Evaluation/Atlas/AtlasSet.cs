using Ism.Models.Codebook;

namespace Ism.Evaluation.Atlas;

/// <summary>A set of structures that the atlas looks at, such as the experimental ones: a profile of every token in it. Not safe for
/// concurrent writers.</summary>
/// <param name="name">What people call it.</param>
/// <param name="tokens">Tokens K of the codebook.</param>
public sealed class AtlasSet(string name, int tokens)
{
    private readonly TokenProfile[] _profiles = [.. Enumerable.Range(0, tokens).Select(_ => new TokenProfile())];

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>A profile a token.</summary>
    public IReadOnlyList<TokenProfile> Profiles => _profiles;

    /// <summary>Structures looked at.</summary>
    public int Structures { get; private set; }

    /// <summary>Residues looked at.</summary>
    public long Residues => _profiles.Sum(profile => profile.Residues);

    /// <summary>Share of the set's residues that have a token; NaN in an empty set.</summary>
    public double ShareOf(int token) => Residues is > 0 and var all ? (double)_profiles[token].Residues / all : double.NaN;

    /// <summary>Counts a structure; its residues are added one by one.</summary>
    public void AddStructure() => Structures++;

    /// <summary>Counts a residue.</summary>
    public void Add(int token, ObservedResidue residue) => _profiles[token].Add(residue);

    /// <summary>How sure predictions are of each token's residues, as the choice of the excluded token wants it.</summary>
    public static TokenConfidence Confidence(IReadOnlyList<TokenProfile> profiles) => new(
        [.. profiles.Select(profile => profile.PlddtCounts.Sum())], [.. profiles.Select(profile => profile.PlddtCounts[0])]);
}
