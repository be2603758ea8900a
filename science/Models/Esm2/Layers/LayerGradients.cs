using Ism.Models.Kernels;
using TorchSharp;

namespace Ism.Models.Esm2.Layers;

/// <summary>Where a layer's gradients are added up: the masters' own, views into the flat buffer during training.</summary>
internal sealed class LayerGradients
{
    private readonly torch.Tensor[] _sums;

    /// <summary>Takes the gradients of these tensors; one that has none yet gets zeros.</summary>
    public LayerGradients(IReadOnlyList<torch.Tensor> masters)
    {
        _sums = [.. masters.Select(master =>
        {
            if (master.grad is { } given)
            {
                return given;
            }

            master.grad = torch.zeros_like(master);
            return master.grad!;
        })];
    }

    /// <summary>Adds <paramref name="output"/>^T <paramref name="input"/> to a matrix's gradient and the column sums of
    /// <paramref name="output"/> to that of its bias. With gradients of the same type the product itself adds: there is no buffer
    /// between. A bfloat16 product is rounded once and added in float32.</summary>
    public void Linear(int place, torch.Tensor output, torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var sum = _sums[place];
        if (sum.dtype == output.dtype)
        {
            _ = sum.addmm_(output.t(), input, 1, 1);
        }
        else
        {
            RowSums.Add(sum, output.t().mm(input));
        }

        ColumnSums.AddTo(_sums[place + 1], output);
    }

    /// <summary>Adds the gradients of a LayerNorm's scale and shift.</summary>
    public void Norm(int place, torch.Tensor scale, torch.Tensor shift)
    {
        _ = _sums[place].add_(scale);
        _ = _sums[place + 1].add_(shift);
    }
}
