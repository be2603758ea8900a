namespace Ism.Collectives;

/// <summary>
/// A fixed set of ranks that compute together: one generation of a training group. Every rank calls the same operations in the
/// same order with the same counts; each call returns when this rank's part is done and its buffer holds the result.
/// <para>A group never mends itself. When a member is lost, leaves or joins, every survivor's current call throws
/// <see cref="CollectiveException"/> within the deadline, the group is disposed, and a new one is made under the next generation
/// number; a member of an older generation is refused there.</para>
/// <para><see cref="TcpRing"/> takes buffers in host memory; <see cref="Nccl.NcclGroup"/> takes device memory too, where an
/// operation comes after the work that was queued on the default stream and overlaps what another thread queues meanwhile, and so does
/// <see cref="Staging.StagedGroup"/>, which carries it over the ring through pinned host memory.</para>
/// <para>Operations: one thread at a time. <see cref="Abort"/> and <see cref="IDisposable.Dispose"/>: any thread.</para>
/// </summary>
public interface ICollectiveGroup : IDisposable
{
    /// <summary>This member's number, 0 to <see cref="World"/> - 1.</summary>
    int Rank { get; }

    /// <summary>Number of members.</summary>
    int World { get; }

    /// <summary>Number of this set of members; grows with every change of the set.</summary>
    long Generation { get; }

    /// <summary>Replaces <paramref name="count"/> elements at <paramref name="data"/> by their reduction over all ranks. Every
    /// rank ends with the same bits, whatever the timing.</summary>
    /// <exception cref="CollectiveException">A member failed, aborted, kept others waiting past the deadline, or called something
    /// else.</exception>
    void AllReduce(nint data, long count, ElementType type, ReduceOp op);

    /// <summary>Copies <paramref name="count"/> elements at <paramref name="data"/> of <paramref name="root"/> to every
    /// rank.</summary>
    /// <exception cref="CollectiveException">As <see cref="AllReduce"/>.</exception>
    void Broadcast(nint data, long count, ElementType type, int root);

    /// <summary>Gathers blocks: <paramref name="data"/> holds World blocks of <paramref name="count"/> elements, of which this
    /// rank has filled block <see cref="Rank"/>; afterwards it holds every rank's block.</summary>
    /// <exception cref="CollectiveException">As <see cref="AllReduce"/>.</exception>
    void AllGather(nint data, long count, ElementType type);

    /// <summary>Returns when every rank has entered.</summary>
    /// <exception cref="CollectiveException">As <see cref="AllReduce"/>.</exception>
    void Barrier();

    /// <summary>Ends the group for all ranks: their current or next operation throws with this rank and reason.
    /// Idempotent.</summary>
    void Abort(string reason);
}
