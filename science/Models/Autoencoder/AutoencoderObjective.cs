using Ism.Models.Geometry;
using Ism.Models.Numerics;
using Ism.Models.Training;
using Ism.Structures.Numerics;
using Ism.Structures;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// Training of an <see cref="AtomicAutoencoder"/>. Terms: "distogram" (cross entropy over distance bins, mean over the drawn
/// ordered
/// pairs i, j of different atoms), "amino-acid" (cross entropy of the masked residue's type from z, mean over residues of known
/// type) and "coordinates" (mean over environments with atoms of the mean squared error in Å^2 after the best rigid alignment). A
/// model without decoder has the term "amino-acid" alone. In stage 1 the coordinates are reported with weight 0, without
/// gradient.
/// Owns the model.
/// </summary>
public sealed class AutoencoderObjective : IObjective<EnvironmentSample>
{
    private readonly AutoencoderTrainingOptions _options;

    /// <exception cref="ArgumentException">The options are out of range.</exception>
    public AutoencoderObjective(AtomicAutoencoder model, AutoencoderTrainingOptions options)
    {
        options.Validate();
        _options = options;
        Model = model;
        Terms = model.Shape.Decoder ? ["distogram", "amino-acid", "coordinates"] : ["amino-acid"];
        TermWeights = model.Shape.Decoder
            ? [options.DistogramWeight, options.AminoAcidWeight, options.Stage == 1 ? 0 : options.CoordinatesWeight]
            : [options.AminoAcidWeight];
    }

    /// <summary>The model being trained.</summary>
    public AtomicAutoencoder Model { get; }

    public string Name => Model.Shape.Decoder ? $"autoencoder stage {_options.Stage}" : "amino-acid";

    public IReadOnlyList<string> Terms { get; }

    public IReadOnlyList<double> TermWeights { get; }

    public IReadOnlyList<NamedParameter> Parameters => Model.Parameters;

    public IReadOnlyList<IMicroBatch> Collate(IReadOnlyList<EnvironmentSample> share)
    {
        var clouds = share.SelectMany(sample => sample.Environments).ToArray();
        var keys = share.SelectMany(sample => Enumerable.Range(0, sample.Environments.Count)
            .Select(e => CounterRandom.Key(sample.DrawKey, (ulong)e))).ToArray();
        var places = share.SelectMany((sample, place) => Enumerable.Repeat(place, sample.Environments.Count)).ToArray();
        var counts = Array.ConvertAll(clouds, cloud => cloud.Count);
        return [.. EnvironmentGrouping.ByAtomCount(counts, _options.AtomPairsPerMicroBatch)
            .Select(group => MicroBatch(
                [.. group.Select(i => clouds[i])],
                [.. group.Select(i => keys[i])],
                [.. group.Select(i => places[i]).Distinct().Order()]))];
    }

    public IReadOnlyList<Tensor> ForwardSums(IMicroBatch batch)
    {
        using var scope = NewDisposeScope();
        var micro = (AutoencoderMicroBatch)batch;
        var encoded = Model.Encoder.Forward(micro.Atoms);
        var residues = Model.AminoAcidLogits(encoded.Embedding.index_select(0, micro.Residues));
        var aminoAcid = CrossEntropySum(residues, micro.AminoAcids);
        if (!Model.Shape.Decoder)
        {
            return [aminoAcid.MoveToOuterDisposeScope()];
        }

        var features = Model.Decode(micro.Atoms, encoded);
        var distogram = CrossEntropySum(Model.DistogramLogits(features, micro.First!, micro.Second!), Bins(micro));
        var coordinates = CoordinateSum(micro, features);
        return [.. new[] { distogram, aminoAcid, coordinates }.Select(sum => sum.MoveToOuterDisposeScope())];
    }

    /// <summary>Right predictions: "amino-acid accuracy" and, with a decoder, "distogram accuracy".</summary>
    public IReadOnlyList<(string Metric, double Sum, double Count)> Evaluate(IMicroBatch batch)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var micro = (AutoencoderMicroBatch)batch;
        var encoded = Model.Encoder.Forward(micro.Atoms);
        var residues = Model.AminoAcidLogits(encoded.Embedding.index_select(0, micro.Residues));
        var metrics = new List<(string, double, double)> { Accuracy("amino-acid accuracy", residues, micro.AminoAcids) };
        if (Model.Shape.Decoder)
        {
            var features = Model.Decode(micro.Atoms, encoded);
            metrics.Add(Accuracy(
                "distogram accuracy", Model.DistogramLogits(features, micro.First!, micro.Second!), Bins(micro)));
        }

        return metrics;
    }

    public void Dispose() => Model.Dispose();

    private AutoencoderMicroBatch MicroBatch(Microenvironment[] clouds, ulong[] keys, int[] samples)
    {
        var atoms = new AtomBatch(clouds, Model.DataType, Model.Device);
        var known = Enumerable.Range(0, clouds.Length).Where(e => clouds[e].AminoAcid < AutoencoderShape.AminoAcids).ToArray();
        var residues = Indices(known.Select(e => (long)e));
        var aminoAcids = Indices(known.Select(e => (long)clouds[e].AminoAcid));
        if (!Model.Shape.Decoder)
        {
            return new AutoencoderMicroBatch(atoms, residues, aminoAcids, null, [known.Length]) { Samples = samples };
        }

        var (first, second) = (new List<long>(), new List<long>());
        for (var e = 0; e < clouds.Length; e++)
        {
            AtomPairSampling.Append(clouds[e].Count, _options.PairsPerEnvironment, (long)e * atoms.Atoms,
                new CounterRandom(keys[e]), first, second);
        }

        return new AutoencoderMicroBatch(atoms, residues, aminoAcids, (Indices(first), Indices(second)),
            [first.Count, known.Length, clouds.LongCount(cloud => cloud.Count > 0)])
        {
            Samples = samples,
        };
    }

    private Tensor CoordinateSum(AutoencoderMicroBatch micro, Tensor features)
    {
        using var grad = set_grad_enabled(is_grad_enabled() && _options.Stage == 2);
        return Kabsch.AlignedSquaredError(Model.Coordinates(features), micro.Atoms.Coordinates, micro.Atoms.Mask).sum();
    }

    private Tensor Bins(AutoencoderMicroBatch micro)
    {
        using var grad = no_grad();
        var rows = micro.Atoms.Coordinates.view(-1, 3);
        var distances = (rows.index_select(0, micro.First!) - rows.index_select(0, micro.Second!)).pow(Held.Of(2)).sum(-1).sqrt();
        var shape = Model.Shape;
        var width = (shape.DistogramMaximum - shape.DistogramMinimum) / shape.DistogramBins;
        return ((distances - Held.Of(shape.DistogramMinimum)) / Held.Of(width)).floor().clamp(Held.Of(0), Held.Of(shape.DistogramBins - 1)).to(ScalarType.Int64);
    }

    private Tensor Indices(IEnumerable<long> values) => tensor(values.ToArray(), device: Model.Device);

    private static Tensor CrossEntropySum(Tensor logits, Tensor targets) =>
        nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.Sum);

    private static (string Metric, double Sum, double Count) Accuracy(string metric, Tensor logits, Tensor targets) =>
        (metric, targets.shape[0] == 0 ? 0 : logits.argmax(1).eq(targets).sum().item<long>(), targets.shape[0]);
}
