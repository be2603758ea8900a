using Ism.Collectives.Nccl;

namespace Ism.Collectives;

/// <summary>Over what a group talks.</summary>
public enum CollectiveChoice
{
    /// <summary>NCCL where every member computes on a GPU and has it, in the same version; else the ring.</summary>
    Auto,

    /// <summary>The TCP ring, through host memory.</summary>
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
    /// <exception cref="LibraryUnavailableException">NCCL was asked for and a member has not got it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public static ICollectiveGroup Open(
        TcpRingListener listener, RingMembership me, CollectiveSettings settings, CancellationToken cancel = default)
    {
        var ring = listener.Connect(me, settings.Deadline, cancel);
        if (settings.Choice == CollectiveChoice.Ring || (me.World == 1 && settings.Choice == CollectiveChoice.Auto))
        {
            return ring;
        }

        try
        {
            var mine = Offer.Of(settings);
            var versions = ring.AllGather<long>([mine.Version]);
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

            // Among CPUs the ring is what one expects.
            if (settings.Device is not null)
            {
                settings.Log($"collectives over the TCP ring: {why}");
            }

            return ring;
        }
        catch
        {
            ring.Dispose();
            throw;
        }
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
