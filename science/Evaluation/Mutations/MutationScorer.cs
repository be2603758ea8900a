using Ism.Models.Autoencoder;
using Ism.Structures;
using Ism.Structures.Alignments;
using static TorchSharp.torch;

namespace Ism.Evaluation.Mutations;

/// <summary>
/// Zero-shot scores of mutations from a model of masked microenvironments, the residue itself left out. MutComputeX-GT, or the atomic autoencoder,
/// which has the same head: log p(mutant) - log p(wild type) of the residue's type given its surroundings. MutRank: the predicted value of the mutant
/// less that of the wild type, which is an estimate of r(mutant) - r(wild type) in the residue's alignment (the head does not know the wild
/// type, so both values hold the same unknown part, which the difference removes). Higher: the surroundings suit the mutant better, so a stability
/// change counted as positive when it stabilises should rise with it. Several mutations at once are added up, each in the wild type's structure.
/// Owns neither model nor structure; used by one thread.
/// </summary>
public sealed class MutationScorer : IDisposable
{
    private readonly AtomicAutoencoder _model;
    private readonly EnvironmentEncoder _encoder;
    private readonly MicroenvironmentFinder _finder;

    /// <summary>With the radius and cap that the model was made for.</summary>
    public MutationScorer(AtomicAutoencoder model, EncoderOptions? options = null)
    {
        _model = model;
        _encoder = new EnvironmentEncoder(model, options: options);
        _finder = new MicroenvironmentFinder(model.Shape.Radius, model.Shape.MaxAtoms);
    }

    /// <summary>What the score is: "log p" or the target that MutRank was trained on ("rank", "log-odds", "probability").</summary>
    public string Kind => _model.Shape.RanksMutations ? _model.Shape.Head : "log p";

    /// <summary>Values of the 20 amino acids (in the order of <see cref="AminoAcids.Letters"/>), for places of a chain, from 0: one array of 20 a
    /// place. Natural logarithms of probabilities, or MutRank's values.</summary>
    public IReadOnlyList<double[]> Values(Structure structure, ProteinChain chain, IReadOnlyList<int> places)
    {
        if (places.Count == 0)
        {
            return [];
        }

        _finder.Use(structure);
        var embeddings = _encoder.Embed([.. places.Select(place => _finder.Find(chain.ResidueIndices[place]))]);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var z = tensor(embeddings.Values.ToArray(), new long[] { embeddings.Count, embeddings.Width }).to(_model.DataType, _model.Device);
        var ranks = _model.Shape.RanksMutations;
        var head = (ranks ? _model.MutationValues(z) : _model.AminoAcidLogits(z)).to(ScalarType.Float64, CPU).contiguous().data<double>().ToArray();
        return [.. head.Chunk(AutoencoderShape.AminoAcids).Select(values => ranks ? values : LogSoftmax(values))];
    }

    /// <summary>The score of mutations made at once.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="chain">Its chain.</param>
    /// <param name="mutations">Wild type, place in the chain from 0, mutant.</param>
    public double Score(Structure structure, ProteinChain chain, IReadOnlyList<(char WildType, int Place, char Mutant)> mutations) =>
        Values(structure, chain, [.. mutations.Select(m => m.Place)])
            .Zip(mutations, (p, m) => p[AminoAcids.Index(m.Mutant)] - p[AminoAcids.Index(m.WildType)]).Sum();

    /// <summary>The chain that a line of a list means, and where in it its mutations are.</summary>
    /// <returns>The chain and its mutations with places from 0; or, with neither, why there is none.</returns>
    public static (ProteinChain? Chain, IReadOnlyList<(char WildType, int Place, char Mutant)> Mutations, string Problem) Locate(
        Structure structure, MutationLine line)
    {
        var problem = line.Chain is { } name ? $"the structure has no protein chain {name}" : "the structure has no protein chain";
        foreach (var chain in structure.Chains.Where(chain => line.Chain is null || chain.Id == line.Chain))
        {
            var places = line.Sequence is { } sequence ? SequencePlaces.Of(sequence, chain.Sequence) : null;
            var found = line.Mutations.Select(m => (m.WildType, Place: Place(m), m.Mutant)).ToArray();
            var wrong = Array.FindIndex(found, m => m.Place < 0 || m.Place >= chain.Length || chain.Sequence[m.Place] != m.WildType);
            if (wrong < 0)
            {
                return (chain, found, "");
            }

            var place = found[wrong].Place;
            problem = place < 0 || place >= chain.Length
                ? $"{line.Mutations[wrong]}: chain {chain.Id} of {chain.Length} residues has no such residue"
                : $"{line.Mutations[wrong]}: residue {place + 1} of chain {chain.Id} is {chain.Sequence[place]}";

            int Place(Mutation m) => places is null ? m.Place - 1 : m.Place <= places.Length ? places[m.Place - 1] : -1;
        }

        return (null, [], problem);
    }

    /// <inheritdoc/>
    public void Dispose() => _encoder.Dispose();

    private static double[] LogSoftmax(double[] logits)
    {
        var most = logits.Max();
        var sum = most + Math.Log(logits.Sum(logit => Math.Exp(logit - most)));
        return Array.ConvertAll(logits, logit => logit - sum);
    }
}
