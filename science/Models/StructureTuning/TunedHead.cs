using Ism.Models.Esm2;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Models.StructureTuning;

/// <summary>A structure head in training: its tensors require gradients, and one token may be left out. It classifies tokens, or regresses the
/// features (the encoder's embeddings) at the residues that have one. Owns the head.</summary>
public sealed class TunedHead : IDisposable
{
    private const ulong InitialisationPurpose = 0x6865616400000001;

    /// <summary>Takes over a head.</summary>
    /// <param name="head">Its name is part of parameter and metric names.</param>
    /// <param name="excludedToken">Residues with this token are left out of loss and accuracy; null: none.</param>
    /// <exception cref="ArgumentException">Shapes differ, or the excluded token is no token.</exception>
    public TunedHead(StructureHead head, int? excludedToken)
    {
        var (name, weight, bias) = head;
        if (weight.dim() != 2 || bias.dim() != 1 || weight.shape[0] != bias.shape[0])
        {
            throw new ArgumentException(
                $"head {name}: weight [{string.Join(", ", weight.shape)}] and bias [{string.Join(", ", bias.shape)}] must be "
                + "[K, D] and [K]");
        }

        if (excludedToken < 0 || excludedToken >= weight.shape[0])
        {
            throw new ArgumentException($"head {name}: excluded token {excludedToken} is not one of 0..{weight.shape[0] - 1}");
        }

        (Clusters, ExcludedToken) = ((int)weight.shape[0], excludedToken);
        Head = new(name, Leaf(weight), Leaf(bias));
        head.Dispose();

        static torch.Tensor Leaf(torch.Tensor tensor)
        {
            using var scope = torch.NewDisposeScope();
            return tensor.detach().requires_grad_(true).DetachFromDisposeScope();
        }
    }

    /// <summary>Name and tensors, e.g. for export; the tensors are those that are trained.</summary>
    public StructureHead Head { get; }

    /// <summary>Of the token sequence.</summary>
    public string Name => Head.Name;

    /// <summary>[K, D].</summary>
    public torch.Tensor Weight => Head.Weight;

    /// <summary>[K].</summary>
    public torch.Tensor Bias => Head.Bias;

    /// <summary>K: number of tokens.</summary>
    public int Clusters { get; private init; }

    /// <summary>Scale of the features that are regressed; null: tokens are classified.</summary>
    public FeatureScale? Features { get; private init; }

    /// <summary>Name of the loss term and first part of the metrics' names.</summary>
    public string Term => Features is null ? $"structure.{Name}" : $"features.{Name}";

    /// <summary>First part of the parameters' names.</summary>
    public string ParameterName => Features is null ? $"{Name}_head" : $"{Name}_features";

    /// <summary>Left out of loss and accuracy; null: none.</summary>
    public int? ExcludedToken { get; private init; }

    /// <summary>Weight of this head's term beside those of other heads.</summary>
    public double LossWeight { get; init; } = 1;

    /// <summary>A head for tokens with uniform weights in ±1/sqrt(D) (PyTorch's nn.Linear), drawn from the seed and the name
    /// alone.</summary>
    public static TunedHead New(
        string name, int clusters, int? excludedToken, Esm2Model model, long seed, double lossWeight = 1) =>
        new(Drawn(name, clusters, model, seed), excludedToken) { LossWeight = lossWeight };

    /// <summary>A head for features, drawn alike. Residues without a token or with the excluded one are left out as they are where tokens are
    /// classified.</summary>
    /// <param name="name">Of the teacher.</param>
    /// <param name="scale">Of its features.</param>
    /// <param name="clusters">Tokens that it tells residues apart by.</param>
    /// <param name="excludedToken">Left out; null: none.</param>
    /// <param name="model">The model on whose hidden states it stands.</param>
    /// <param name="seed">Of the first weights.</param>
    /// <param name="lossWeight">Weight beside other heads.</param>
    /// <exception cref="ArgumentException">The excluded token is no token.</exception>
    public static TunedHead NewFeatures(
        string name, FeatureScale scale, int clusters, int? excludedToken, Esm2Model model, long seed, double lossWeight = 1) =>
        excludedToken < 0 || excludedToken >= clusters
            ? throw new ArgumentException($"features of {name}: excluded token {excludedToken} is not one of 0..{clusters - 1}")
            : new(Drawn(name, scale.Width, model, seed), null)
            {
                Features = scale,
                Clusters = clusters,
                ExcludedToken = excludedToken,
                LossWeight = lossWeight,
            };

    /// <summary>The head as other programs use it: scores of tokens, or the encoder's embedding itself, its scale folded in. The caller owns
    /// it.</summary>
    public StructureHead Exported()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        if (Features is not { } scale)
        {
            return new(Name, Weight.detach().clone().DetachFromDisposeScope(), Bias.detach().clone().DetachFromDisposeScope());
        }

        using var deviation = torch.tensor(scale.Deviation.ToArray(), dtype: Weight.dtype, device: Weight.device);
        using var mean = torch.tensor(scale.Mean.ToArray(), dtype: Weight.dtype, device: Weight.device);
        return new(Name, (Weight * deviation.unsqueeze(1)).DetachFromDisposeScope(), ((Bias * deviation) + mean).DetachFromDisposeScope())
        {
            IsFeatures = true,
        };
    }

    private static StructureHead Drawn(string name, int rows, Esm2Model model, long seed)
    {
        var key = name.Aggregate(
            CounterRandom.Key((ulong)seed, InitialisationPurpose), (k, letter) => CounterRandom.Key(k, letter));
        var random = new CounterRandom(key);
        var bound = 1 / Math.Sqrt(model.Config.Width);
        using var scope = torch.NewDisposeScope();
        return new(name, Uniform(rows, model.Config.Width).DetachFromDisposeScope(), Uniform(rows).DetachFromDisposeScope());

        torch.Tensor Uniform(params long[] shape)
        {
            var values = new double[shape.Aggregate(1L, (product, size) => product * size)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = bound * ((2 * random.NextDouble()) - 1);
            }

            return torch.tensor(values, shape).to(model.Dtype, model.Device);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Head.Dispose();
}
