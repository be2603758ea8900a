using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>The memory of a tensor for the kernels of this folder.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>Whether the kernels take this tensor: on the CPU, contiguous, float32 or bfloat16. Others go through libtorch.</summary>
    public static bool IsServed(torch.Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.is_contiguous()
        && tensor.dtype is torch.ScalarType.Float32 or torch.ScalarType.BFloat16;

    /// <summary>Whether its elements are bfloat16.</summary>
    public static bool IsShort(torch.Tensor tensor) => tensor.dtype == torch.ScalarType.BFloat16;

    /// <summary>First byte of a contiguous tensor in CPU memory; valid as long as the tensor is.</summary>
    /// <exception cref="ArgumentException">It is not contiguous or not on the CPU.</exception>
    public static byte* Of(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU || !tensor.is_contiguous())
        {
            throw new ArgumentException(
                $"a kernel needs a contiguous tensor in CPU memory; given [{string.Join(", ", tensor.shape)}] on {tensor.device}");
        }

        // A narrow view, since a span has no more than 2 GB.
        using var flat = tensor.view(-1);
        using var first = flat.narrow(0, 0, Math.Min(1, tensor.NumberOfElements));
        fixed (byte* address = first.bytes)
        {
            return address;
        }
    }
}
