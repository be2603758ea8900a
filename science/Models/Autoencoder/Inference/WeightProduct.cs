using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>The product of rows with a weight in one precision: float32 by a kernel of our own, which for matrices this narrow is no slower
/// than torch's; bfloat16 by torch, which knows the processor's instructions for it.</summary>
internal sealed unsafe class WeightProduct : IDisposable
{
    private readonly PackedMatrix? _packed;
    private readonly Tensor? _transposed;

    /// <param name="weight">[outputs, inputs] float32, as trained.</param>
    /// <param name="dtype">float32 or bfloat16.</param>
    public WeightProduct(Tensor weight, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        if (dtype == ScalarType.Float32)
        {
            _packed = new PackedMatrix(weight.detach().contiguous().data<float>().ToArray(), (int)weight.shape[0], (int)weight.shape[1]);
        }
        else
        {
            _transposed = weight.detach().transpose(0, 1).contiguous().to(dtype).DetachFromDisposeScope();
        }
    }

    /// <summary>The first float (T = float) or bfloat16 (ushort) of a contiguous tensor in this process's memory.</summary>
    public static T* Of<T>(Tensor tensor)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>y = x W^T.</summary>
    /// <param name="x">[rows, inputs], contiguous, in the precision of the weight.</param>
    /// <param name="y">[rows, outputs], likewise.</param>
    public void Run(Tensor x, Tensor y)
    {
        if (_packed is not null)
        {
            _packed.Multiply(Of<float>(x), x.shape[0], Of<float>(y));
        }
        else
        {
            y.addmm_(x, _transposed!, 0, 1);
        }
    }

    public void Dispose()
    {
        _packed?.Dispose();
        _transposed?.Dispose();
    }
}
