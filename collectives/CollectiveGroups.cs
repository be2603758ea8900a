using Ism.Collectives.Nccl;
using Ism.Collectives.Staging;

namespace Ism.Collectives;

/// <summary>Over what a group talks.</summary>
public enum CollectiveChoice
{
    /// <summary>NCCL where every member computes on a GPU and has it, in the same version; else the ring, through pinned host memory
    /// where a member computes on a GPU.</summary>
    Auto,

    /// <summary>The TCP ring, through pinned host memory where a member computes on a GPU.</summary>
    Ring,

    /// <summary>NCCL, or an error that says which member cannot.</summary>
    Nccl,
}

/// <summary>How a member opens its group.</summary>
public sealed record CollectiveSettings
{
    /// <summary>The same on all members.</summary>
    public CollectiveChoice Choice { get; init; } = CollectiveChoice.Auto;

    /// <summary>Longest time for joining, and for an operation without progress.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>The GPU that this member computes on; null: it computes on the CPU.</summary>
    public int? Device { get; init; }

    /// <summary>NCCL's library; null: as <see cref="NcclLibrary.Load"/> finds it.</summary>
    public string? NcclLibrary { get; init; }

    /// <summary>The GPU driver's library; null: as <see cref="GpuDriver.Load"/> finds it.</summary>
    public string? GpuDriverLibrary { get; init; }

    /// <summary>Takes a line about what was chosen and why.</summary>
    public Action<string> Log { get; init; } = static _ => { };
}

/// <summary>Opens the group of a generation by what its members have.</summary>
public static class CollectiveGroups
{
    /// <summary>Connects the ring, and NCCL over it where that is chosen. All members must agree on the choice; what each has
    /// they tell each other.</summary>
    /// <exception cref="CollectiveException">A member was not there, or failed.</exception>
    /// <exception cref="LibraryUnavailableException">NCCL was asked for and a member has not got it; or this member computes on a GPU
    /// whose driver's library is not found.</exception>
    /// <exception cref="GpuException">The device gives no stream or no pinned memory.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public static ICollectiveGroup Open(
        TcpRingListener listener, RingMembership me, CollectiveSettings settings, CancellationToken cancel = default)
    {
        var ring = listener.Connect(me, settings.Deadline, cancel);
        if (me.World == 1 && settings.Choice != CollectiveChoice.Nccl)
        {
            return ring;
        }

        try
        {
            var mine = settings.Choice == CollectiveChoice.Ring ? new(0, "cluster.collectives is ring") : Offer.Of(settings);
            var cards = ring.AllGather<long>([mine.Version, settings.Device is null ? 0 : 1]);
            var (versions, onGpu) = (cards.Where((_, i) => i % 2 == 0).ToArray(), cards.Where((_, i) => i % 2 == 1).ToArray());
            var lacking = Array.FindIndex(versions, version => version == 0 || version != versions[0]);
            if (lacking < 0)
            {
                settings.Log($"collectives over {mine.Description}, device {settings.Device}");
                return NcclGroup.Open(ring, mine.Library!, mine.Driver!, settings.Device!.Value, settings.Deadline);
            }

            var why = mine.Version == 0 ? mine.Description
                : versions[lacking] == 0 ? $"{me.Describe(lacking)} has no NCCL or no GPU; its own log says why"
                : $"{me.Describe(lacking)} has NCCL {versions[lacking]}, rank 0 has {versions[0]}; install the same everywhere";
            if (settings.Choice == CollectiveChoice.Nccl)
            {
                throw new LibraryUnavailableException($"cluster.collectives is nccl, but {why}");
            }

            return Array.TrueForAll(onGpu, one => one == 0) ? ring : Staged(ring, settings, why);
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    // Among CPUs the ring is what one expects; through host memory it is worth a word.
    private static StagedGroup Staged(ICollectiveGroup ring, CollectiveSettings settings, string why)
    {
        if (settings.Device is not { } device)
        {
            settings.Log("collectives over the TCP ring; other trainers reach it through pinned host memory");
            return StagedGroup.Open(ring, null, 0, settings.Deadline);
        }

        settings.Log($"collectives over the TCP ring, through pinned host memory of device {device}: {why}");
        return StagedGroup.Open(ring, GpuDriver.Load(settings.GpuDriverLibrary), device, settings.Deadline);
    }

    // What this member could talk over. Version 0: not over NCCL, and why not.
    private sealed record Offer(long Version, string Description, NcclLibrary? Library = null, GpuDriver? Driver = null)
    {
        public static Offer Of(CollectiveSettings settings)
        {
            if (settings.Device is not { } device)
            {
                return new(0, "this trainer computes on the CPU");
            }

            try
            {
                var library = Nccl.NcclLibrary.Load(settings.NcclLibrary);
                var driver = GpuDriver.Load(settings.GpuDriverLibrary);
                driver.Use(device);
                return new(library.Version, $"NCCL {library.VersionText} ({library.Name})", library, driver);
            }
            catch (Exception e) when (e is LibraryUnavailableException or GpuException)
            {
                return new(0, e.Message);
            }
        }
    }
}
