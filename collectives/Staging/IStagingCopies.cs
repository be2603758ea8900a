namespace Ism.Collectives.Staging;

/// <summary>
/// Copies between the memory that a group's buffers are in and a few slots of host memory, from which the ring sends. What is queued in
/// one direction is done in that order, beside the other direction. One thread at a time.
/// </summary>
internal interface IStagingCopies : IDisposable
{
    /// <summary>Number of slots.</summary>
    int Slots { get; }

    /// <summary>Host address of a slot.</summary>
    nint Slot(int slot);

    /// <summary>The copies from now on come after what was queued on the device before.</summary>
    void Begin();

    /// <summary>Queues a copy into a slot, from <paramref name="offset"/> on; after what was queued out of it.</summary>
    void Fetch(int slot, long offset, nint from, long bytes);

    /// <summary>What was fetched into the slot so far is to be waited for by <see cref="IsFetched"/>.</summary>
    void EndFetch(int slot);

    /// <summary>Whether it has arrived.</summary>
    bool IsFetched(int slot);

    /// <summary>Queues a copy out of a slot.</summary>
    void Return(int slot, long offset, nint to, long bytes);

    /// <summary>What was returned from the slot so far comes before the next fetch into it.</summary>
    void EndReturn(int slot);

    /// <summary>What is queued on the device from now on comes after the copies.</summary>
    void End();

    /// <summary>Whether every copy is done.</summary>
    bool IsIdle();
}
