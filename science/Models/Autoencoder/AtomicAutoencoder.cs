using Ism.Models.Training;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// The atomic autoencoder: graph encoder, a head on z (amino acids, or for MutRank values of mutations), and, unless the
/// shape leaves it out, a decoder with a distogram head and a coordinate head. Owns its parameters. Used by one thread at a time.
/// </summary>
public sealed partial class AtomicAutoencoder : IDisposable
{
    private readonly ParameterTable _table;
    private readonly Linear _residue;
    private readonly AtomDecoder? _decoder;
    private readonly Linear? _pairFirst;
    private readonly Linear? _pairSecond;
    private readonly Linear? _distogram;
    private readonly Linear? _coordinates;

    /// <summary>A new model with first weights keyed by the seed.</summary>
    /// <param name="dtype">float32, or float64 for tests.</param>
    /// <exception cref="ArgumentException">The shape is not possible.</exception>
    public AtomicAutoencoder(
        AutoencoderShape shape, ulong seed, ScalarType dtype = ScalarType.Float32, Device? device = null)
    {
        shape.Validate();
        Shape = shape;
        _table = new ParameterTable(seed, dtype, device);
        Encoder = new GraphEncoder(_table, shape);
        _residue = new Linear(
            _table, shape.RanksMutations ? "heads.evorank" : "heads.amino_acid", shape.Width, AutoencoderShape.AminoAcids);
        if (shape.Decoder)
        {
            _decoder = new AtomDecoder(_table, shape);
            _pairFirst = new Linear(_table, "heads.pair_first", shape.Width, shape.PairWidth, bias: false);
            _pairSecond = new Linear(_table, "heads.pair_second", shape.Width, shape.PairWidth, bias: false);
            _distogram = new Linear(_table, "heads.distogram", shape.PairWidth, shape.DistogramBins);
            _coordinates = new Linear(_table, "heads.coordinates", shape.Width, 3);
        }
    }

    /// <summary>What decides the tensors.</summary>
    public AutoencoderShape Shape { get; }

    /// <summary>The part that makes embeddings.</summary>
    public GraphEncoder Encoder { get; }

    /// <summary>All trained tensors in a fixed order.</summary>
    public IReadOnlyList<NamedParameter> Parameters => _table.All;

    /// <summary>float32 or float64.</summary>
    public ScalarType DataType => _table.DataType;

    /// <summary>Where the parameters are.</summary>
    public Device Device => _table.Device;

    /// <summary>Logits [B, 20] of the masked residue's amino acid, from embeddings [B, width].</summary>
    /// <exception cref="InvalidOperationException">The model's head ranks mutations.</exception>
    public Tensor AminoAcidLogits(Tensor embedding) => Shape.RanksMutations
        ? throw new InvalidOperationException($"this model's head predicts the {Shape.Head} of mutations, not amino acids: use MutationValues")
        : _residue.Forward(embedding);

    /// <summary>Predicted values [B, 20] of a mutation of the masked residue to each amino acid (<see cref="AutoencoderShape.Head"/>), from
    /// embeddings [B, width].</summary>
    /// <exception cref="InvalidOperationException">The model's head predicts amino acids.</exception>
    public Tensor MutationValues(Tensor embedding) => Shape.RanksMutations
        ? _residue.Forward(embedding)
        : throw new InvalidOperationException("this model's head predicts amino acids, not values of mutations: use AminoAcidLogits");

    /// <summary>Decoder features [B, n, width].</summary>
    /// <exception cref="InvalidOperationException">The model has no decoder.</exception>
    public Tensor Decode(AtomBatch batch, EncodedAtoms encoded) => Present(_decoder).Forward(batch, encoded);

    /// <summary>Predicted coordinates [B, n, 3] in Å, in a frame of their own, from decoder features.</summary>
    /// <exception cref="InvalidOperationException">The model has no decoder.</exception>
    public Tensor Coordinates(Tensor features) => Present(_coordinates).Forward(features);

    /// <summary>Distogram logits [P, bins] of ordered pairs, from W_a f_i - W_b f_j.</summary>
    /// <param name="features">Decoder features [B, n, width].</param>
    /// <param name="first">[P] int64, rows i of the features seen as [B * n, width].</param>
    /// <param name="second">[P] int64, rows j.</param>
    /// <exception cref="InvalidOperationException">The model has no decoder.</exception>
    public Tensor DistogramLogits(Tensor features, Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        var rows = features.reshape(-1, Shape.Width);
        var pair = Present(_pairFirst).Forward(rows).index_select(0, first)
            - Present(_pairSecond).Forward(rows).index_select(0, second);
        if (Shape.PairActivation == "gelu")
        {
            pair = nn.functional.gelu(pair);
        }

        return Present(_distogram).Forward(pair).MoveToOuterDisposeScope();
    }

    public void Dispose() => _table.Dispose();

    private static T Present<T>(T? part) where T : class => part ?? throw new InvalidOperationException(
        "this autoencoder has no decoder (it was made for the amino acid objective alone): use one with Shape.Decoder = true");
}
