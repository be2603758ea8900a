using Ism.Evaluation.Labels;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>Looks at structures one after the other: tokens as tokenising gives them, labels from their coordinates, both into an atlas.
/// Used by one thread; owns the encoder, not the model.</summary>
public sealed class AtlasSurvey : IDisposable
{
    /// <summary>Name of the set of structures that were measured, where sets are not named.</summary>
    public const string Experimental = "experimental";

    /// <summary>Name of the set of predicted models, whose B-factors are pLDDT.</summary>
    public const string Predicted = "predicted";

    private readonly EnvironmentEncoder _encoder;
    private readonly MicroenvironmentFinder _finder;
    private readonly NearestCentroid _nearest;

    /// <param name="model">The encoder that the codebook was made with.</param>
    /// <param name="codebook">The tokens.</param>
    /// <param name="typical">Typical residues kept for each token.</param>
    public AtlasSurvey(AtomicAutoencoder model, StructureCodebook codebook, int typical)
    {
        _encoder = new EnvironmentEncoder(model);
        _finder = new MicroenvironmentFinder(model.Shape.Radius, model.Shape.MaxAtoms);
        _nearest = new NearestCentroid(codebook.Centroids);
        Atlas = new TokenAtlas(codebook.Tokens, typical);
    }

    /// <summary>What has been seen so far.</summary>
    public TokenAtlas Atlas { get; }

    /// <summary>Adds a structure to a set.</summary>
    /// <param name="structure">Read with atom names.</param>
    /// <param name="set">Name of its set; null: <see cref="Experimental"/> or <see cref="Predicted"/>, whichever it is.</param>
    /// <exception cref="ArgumentException">It was read without atom names.</exception>
    public void Add(Structure structure, string? set = null)
    {
        var into = Atlas.Set(set ?? (structure.IsPredicted ? Predicted : Experimental));
        into.AddStructure();
        var tokenised = new TokenisedStructure(structure, new int[structure.Residues.Length]);
        tokenised.Tokens.AsSpan().Fill(TokenisedStructure.None);
        foreach (var (chain, labels) in structure.Chains.Zip(ChainLabels.Of(structure)))
        {
            AddChain(into, tokenised, chain, labels);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _nearest.Dispose();
        _encoder.Dispose();
    }

    private void AddChain(AtlasSet set, TokenisedStructure tokenised, ProteinChain chain, ChainLabels labels)
    {
        var structure = tokenised.Structure;
        var environments = _finder.FindChain(structure, chain);
        _nearest.Search(_encoder.Embed(environments), (i, token, distance) =>
        {
            var residue = chain.ResidueIndices[i];
            var atoms = _finder.Neighbours(residue);
            var seen = new ObservedResidue(
                environments[i], AminoAcidsOf(structure, atoms), labels.States8[i], labels.RelativeExposure[i], chain.Plddt?[i]);
            tokenised.Tokens[residue] = token;
            set.Add(token, seen);

            // A residue with nothing near has no embedding of its own and nothing to show.
            if (atoms.Length > 0 && Atlas.Typical.Wants(token, distance))
            {
                Atlas.Typical.Offer(token, new TypicalResidue(tokenised, set.Name, chain.Id, residue, distance, atoms.ToArray(), seen));
            }
        });
    }

    // Atoms are in the order of the structure, those of a residue side by side.
    private static byte[] AminoAcidsOf(Structure structure, ReadOnlySpan<int> atoms)
    {
        var found = new List<byte>(atoms.Length / 4);
        var last = -1;
        foreach (var atom in atoms)
        {
            var residue = structure.Atoms.Residue[atom];
            if (residue != last)
            {
                found.Add(structure.Residues[residue].AminoAcid);
                last = residue;
            }
        }

        return [.. found];
    }
}
