using Ism.Models.Esm2;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Models.StructureTuning;

/// <summary>A structure head in training: its tensors require gradients, and one token may be left out. Owns the head.</summary>
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

        static torch.Tensor Leaf(torch.Tensor tensor) => tensor.detach().requires_grad_(true).DetachFromDisposeScope();
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
    public int Clusters { get; }

    /// <summary>Left out of loss and accuracy; null: none.</summary>
    public int? ExcludedToken { get; }

    /// <summary>Weight of this head's term beside those of other heads.</summary>
    public double LossWeight { get; init; } = 1;

    /// <summary>A head with uniform weights in ±1/sqrt(D) (PyTorch's nn.Linear), drawn from the seed and the name
    /// alone.</summary>
    public static TunedHead New(
        string name, int clusters, int? excludedToken, Esm2Model model, long seed, double lossWeight = 1)
    {
        var key = name.Aggregate(
            CounterRandom.Key((ulong)seed, InitialisationPurpose), (k, letter) => CounterRandom.Key(k, letter));
        var random = new CounterRandom(key);
        var bound = 1 / Math.Sqrt(model.Config.Width);
        using var scope = torch.NewDisposeScope();
        return new(new(name, Uniform(clusters, model.Config.Width), Uniform(clusters)), excludedToken) { LossWeight = lossWeight };

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
