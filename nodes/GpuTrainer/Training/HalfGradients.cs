using Ism.Collectives;
using Ism.Models.Training;
using TorchSharp;
using Halves = Ism.Collectives.BFloat16;

namespace Ism.GpuTrainer.Training;

/// <summary>
/// Carries buckets of float32 gradients between ranks in bfloat16. Each rank's bucket is rounded into a buffer of its own (nearest, ties
/// to even), summed there, and widened back, which is exact. The ring adds two values in single precision and rounds at each of its
/// W - 1 hops, so a sum over W ranks is rounded W times: its error is at most W * 2^-8 of the sum of magnitudes (to first order in 2^-8).
/// All ranks have the same bits.
/// </summary>
internal abstract class HalfGradients : IDisposable
{
    /// <summary>For these gradients.</summary>
    /// <param name="gradients">float32, [N]; must outlive it.</param>
    /// <param name="longest">Elements of the longest bucket.</param>
    /// <exception cref="ArgumentException">They are not float32.</exception>
    public static HalfGradients Of(torch.Tensor gradients, long longest) =>
        gradients.dtype != torch.ScalarType.Float32
            ? throw new ArgumentException($"gradients are reduced in bfloat16 from float32; these are {gradients.dtype}")
            : gradients.device_type == DeviceType.CPU ? new OnHost(gradients, longest) : new OnDevice(gradients, longest);

    /// <summary>Replaces a bucket by its sum over all ranks.</summary>
    /// <exception cref="CollectiveException">As <see cref="ICollectiveGroup.AllReduce"/>.</exception>
    public abstract void AllReduce(ICollectiveGroup group, GradientBucket bucket);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>On the calling thread, with none of torch's, which the backward pass needs meanwhile.</summary>
    internal sealed unsafe class OnHost(torch.Tensor gradients, long longest) : HalfGradients
    {
        private readonly float* _singles = (float*)FlatParameters.Address(gradients);
        private readonly ushort[] _halves = GC.AllocateUninitializedArray<ushort>(checked((int)longest), pinned: true);

        public override void AllReduce(ICollectiveGroup group, GradientBucket bucket)
        {
            var singles = new Span<float>(_singles + bucket.Start, (int)bucket.Count);
            var halves = _halves.AsSpan(0, singles.Length);
            Halves.Round(singles, halves);
            fixed (ushort* data = halves)
            {
                group.AllReduce((nint)data, bucket.Count, ElementType.BFloat16, ReduceOp.Sum);
            }

            Halves.Widen(halves, singles);
        }

        public override void Dispose()
        {
        }
    }

    /// <summary>By torch, queued on the device's default stream, which the group keeps its order with.</summary>
    internal sealed class OnDevice : HalfGradients
    {
        private readonly torch.Tensor _gradients;
        private readonly torch.Tensor _halves;
        private readonly nint _address;

        public OnDevice(torch.Tensor gradients, long longest)
        {
            _gradients = gradients;
            _halves = torch.zeros(longest, dtype: torch.ScalarType.BFloat16, device: gradients.device).DetachFromDisposeScope();
            _address = FlatParameters.Address(_halves);
        }

        public override void AllReduce(ICollectiveGroup group, GradientBucket bucket)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            var singles = _gradients.narrow(0, bucket.Start, bucket.Count);
            var halves = _halves.narrow(0, 0, bucket.Count);
            halves.copy_(singles);
            group.AllReduce(_address, bucket.Count, ElementType.BFloat16, ReduceOp.Sum);
            singles.copy_(halves);
        }

        public override void Dispose() => _halves.Dispose();
    }
}
