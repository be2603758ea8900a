using Ism.Models.Esm2;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Models.StructureTuning;

/// <summary>A linear layer that predicts one kind of structure token from the last hidden states. Owns its tensors.</summary>
public sealed class StructureHead : IDisposable
{
    private const ulong InitialisationPurpose = 0x6865616400000001;

    /// <summary>Takes over weights [K, D] and bias [K].</summary>
    /// <param name="name">Of the token sequence, e.g. "autoencoder"; part of parameter and metric names.</param>
    /// <param name="weight">[K, D].</param>
    /// <param name="bias">[K].</param>
    /// <param name="excludedToken">Residues with this token are left out of loss and accuracy; null: none.</param>
    /// <exception cref="ArgumentException">Shapes differ, or the excluded token is no token.</exception>
    public StructureHead(string name, torch.Tensor weight, torch.Tensor bias, int? excludedToken)
    {
        if (weight.dim() != 2 || bias.dim() != 1 || weight.shape[0] != bias.shape[0])
        {
            throw new ArgumentException(
                $"head {name}: weight [{string.Join(", ", weight.shape)}] and bias [{string.Join(", ", bias.shape)}] must be [K, D], [K]");
        }

        if (excludedToken < 0 || excludedToken >= weight.shape[0])
        {
            throw new ArgumentException($"head {name}: excluded token {excludedToken} is not one of 0..{weight.shape[0] - 1}");
        }

        (Name, Clusters, ExcludedToken) = (name, (int)weight.shape[0], excludedToken);
        Weight = weight.detach().requires_grad_(true).DetachFromDisposeScope();
        Bias = bias.detach().requires_grad_(true).DetachFromDisposeScope();
        weight.Dispose();
        bias.Dispose();
    }

    /// <summary>Of the token sequence.</summary>
    public string Name { get; }

    /// <summary>K: number of tokens.</summary>
    public int Clusters { get; }

    /// <summary>Left out of loss and accuracy; null: none.</summary>
    public int? ExcludedToken { get; }

    /// <summary>[K, D].</summary>
    public torch.Tensor Weight { get; }

    /// <summary>[K].</summary>
    public torch.Tensor Bias { get; }

    /// <summary>A head with uniform weights in ±1/sqrt(D) (PyTorch's nn.Linear), drawn from the seed and the name alone.</summary>
    public static StructureHead New(string name, int clusters, int? excludedToken, Esm2Model model, long seed)
    {
        var key = name.Aggregate(CounterRandom.Key((ulong)seed, InitialisationPurpose), (k, letter) => CounterRandom.Key(k, letter));
        var random = new CounterRandom(key);
        var bound = 1 / Math.Sqrt(model.Config.Width);
        using var scope = torch.NewDisposeScope();
        return new(name, Uniform(clusters, model.Config.Width), Uniform(clusters), excludedToken);

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

    /// <summary>Logits [N, K] of rows [N, D].</summary>
    public torch.Tensor Logits(torch.Tensor hidden) => torch.nn.functional.linear(hidden, Weight, Bias);

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}
