using Ism.Models.Numerics;
using Ism.Models.Training;
using Ism.Structures;
using Ism.Structures.Alignments;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// Training of MutRank: from a residue's masked microenvironment the values of all 20 mutations in the column of its alignment
/// (<see cref="EvolutionaryTarget"/>). One term, "evorank": for each residue the mean over the 20 amino acids of the Huber loss (delta 1) of prediction
/// and target, mean over residues. Residues of unknown type or without a column are left out. Owns the model.
/// </summary>
public sealed class EvoRankObjective : IObjective<EnvironmentSample>
{
    private const double HuberDelta = 1;
    private const int Values = AutoencoderShape.AminoAcids;
    private readonly long _atomPairs;
    private readonly TargetKind _kind;

    /// <param name="model">A model whose head ranks mutations.</param>
    /// <param name="atomPairsPerMicroBatch">Bound on environments x (padded atoms)^2 of a micro-batch; bounds memory.</param>
    /// <exception cref="ArgumentException">The model's head predicts amino acids.</exception>
    public EvoRankObjective(AtomicAutoencoder model, long atomPairsPerMicroBatch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(atomPairsPerMicroBatch);
        _kind = EvolutionaryTarget.Parse(model.Shape.Head);
        (Model, _atomPairs) = (model, atomPairsPerMicroBatch);
    }

    /// <summary>The model being trained.</summary>
    public AtomicAutoencoder Model { get; }

    public string Name => $"evorank ({Model.Shape.Head})";

    public IReadOnlyList<string> Terms { get; } = ["evorank"];

    public IReadOnlyList<double> TermWeights { get; } = [1];

    public IReadOnlyList<NamedParameter> Parameters => Model.Parameters;

    public IReadOnlyList<IMicroBatch> Collate(IReadOnlyList<EnvironmentSample> share)
    {
        using var scope = NewDisposeScope();
        var (clouds, targets, places) = (new List<Microenvironment>(), new List<float[]>(), new List<int>());
        for (var place = 0; place < share.Count; place++)
        {
            var sample = share[place];
            if (sample.Columns.Length != sample.Environments.Count * Values)
            {
                throw new InvalidDataException(
                    $"a sample of {sample.Environments.Count} environments has {sample.Columns.Length} probabilities: {Values} belong to each");
            }

            for (var e = 0; e < sample.Environments.Count; e++)
            {
                var column = sample.Columns.AsSpan(e * Values, Values);
                if (sample.Environments[e].AminoAcid < Values && column.ContainsAnyExcept(0f))
                {
                    var target = new float[Values];
                    EvolutionaryTarget.Fill(_kind, column, sample.Environments[e].AminoAcid, target);
                    clouds.Add(sample.Environments[e]);
                    targets.Add(target);
                    places.Add(place);
                }
            }
        }

        return [.. EnvironmentGrouping.ByAtomCount([.. clouds.Select(cloud => cloud.Count)], _atomPairs)
            .Select(group => new EvoRankMicroBatch(
                new AtomBatch([.. group.Select(i => clouds[i])], Model.DataType, Model.Device),
                tensor(group.SelectMany(i => targets[i]).ToArray(), [group.Length, Values]).to(Model.DataType, Model.Device),
                [.. group.Select(i => places[i]).Distinct().Order()]))];
    }

    public IReadOnlyList<Tensor> ForwardSums(IMicroBatch batch)
    {
        using var scope = NewDisposeScope();
        var micro = (EvoRankMicroBatch)batch;
        var values = Model.MutationValues(Model.Encoder.Forward(micro.Atoms).Embedding);
        var sum = nn.functional.huber_loss(values, micro.Targets, HuberDelta, nn.Reduction.Sum) / Held.Of(Values);
        return [sum.MoveToOuterDisposeScope()];
    }

    /// <summary>"evorank correlation": the mean over residues of Pearson's correlation of the 20 predicted values with the targets, which for
    /// ranks compares orders.</summary>
    public IReadOnlyList<(string Metric, double Sum, double Count)> Evaluate(IMicroBatch batch)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var micro = (EvoRankMicroBatch)batch;
        var values = Model.MutationValues(Model.Encoder.Forward(micro.Atoms).Embedding);
        var (x, y) = (Centred(values), Centred(micro.Targets));
        var correlation = (x * y).sum(1) / ((x * x).sum(1) * (y * y).sum(1)).sqrt().clamp_min(Held.Of(1e-12));
        return [("evorank correlation", correlation.sum().to(ScalarType.Float64).item<double>(), micro.Atoms.Environments)];
    }

    public void Dispose() => Model.Dispose();

    private static Tensor Centred(Tensor values) => values - values.mean([1], keepdim: true);
}
