using Ism.Collectives;
using Ism.Collectives.Nccl;
using Ism.Collectives.Staging;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Training;

/// <summary>Collectives over flat buffers, in buckets: large enough for bandwidth, small enough to come between abort and
/// deadline.</summary>
public static class FlatCollectives
{
    /// <summary>Elements of a bucket: 64 MiB of float32.</summary>
    public const long Bucket = 16L << 20;

    /// <summary>Sums a flat float32, float64 or bfloat16 buffer [N] over all ranks, in place.</summary>
    /// <exception cref="CollectiveException">As <see cref="ICollectiveGroup.AllReduce"/>.</exception>
    public static void AllReduce(this ICollectiveGroup group, torch.Tensor flat) =>
        EachBucket(group, flat, (data, count, type) => group.AllReduce(data, count, type, ReduceOp.Sum));

    /// <summary>Copies a flat buffer [N] of one rank to all.</summary>
    /// <exception cref="CollectiveException">As <see cref="ICollectiveGroup.Broadcast"/>.</exception>
    public static void Broadcast(this ICollectiveGroup group, torch.Tensor flat, int root) =>
        EachBucket(group, flat, (data, count, type) => group.Broadcast(data, count, type, root));

    /// <summary>Where a flat buffer of float32, float64 or bfloat16 lies, and of what it is.</summary>
    internal static (nint Address, ElementType Type) Memory(torch.Tensor flat) => (FlatParameters.Address(flat), flat.dtype switch
    {
        torch.ScalarType.Float64 => ElementType.Float64,
        torch.ScalarType.BFloat16 => ElementType.BFloat16,
        _ => ElementType.Float32,
    });

    private static void EachBucket(ICollectiveGroup group, torch.Tensor flat, Action<nint, long, ElementType> operation)
    {
        if (group.World == 1)
        {
            return;
        }

        if (flat.device_type != DeviceType.CPU && group is not (NcclGroup or StagedGroup))
        {
            throw new NotSupportedException(
                $"the buffer is on {flat.device}; several ranks over {group.GetType().Name} need it in CPU memory");
        }

        var (address, type) = Memory(flat);
        for (long start = 0; start < flat.NumberOfElements; start += Bucket)
        {
            var count = Math.Min(Bucket, flat.NumberOfElements - start);
            operation((nint)(address + (start * type.Size())), count, type);
        }
    }
}
