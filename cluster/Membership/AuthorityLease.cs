namespace Ism.Cluster.Membership;

/// <summary>
/// The authority lease of a cluster: a record in the workspace that one coordinator holds and renews. Who holds it may declare others
/// dead; nobody else may. No clock is compared with another machine's: a lease is alive while its beat is seen to grow.
/// <para>
/// Each holder has a term of its own, which one contender can claim. Who renews writes, then looks for a higher claim; who takes
/// claims, then looks whether the holder has written: of the two at least one sees the other. So nobody needs a lock, and a process that is
/// frozen at any point keeps nobody out: when it wakes, a higher term is claimed. What it did not check a moment ago counts for
/// nothing (<see cref="MembershipTimes.Authority"/>).
/// </para>
/// All methods touch the storage and may take as long as it takes. Not thread-safe.
/// </summary>
/// <param name="records">The storage.</param>
/// <param name="node">Name of this node.</param>
/// <param name="address">Address of this node.</param>
/// <param name="times">How slow the storage may be.</param>
/// <param name="clock">This machine's clock.</param>
internal sealed class AuthorityLease(
    IClusterRecords records, string node, string address, MembershipTimes times, TimeProvider clock)
{
    private LeaseRecord? _mine;
    private LeaseRecord? _newest;

    /// <summary>Whether this node holds it, as far as it knows.</summary>
    public bool Held => _mine is not null;

    /// <summary>The lease as it stands; null when nobody has ever held it. A term that is claimed and has no record yet has no holder.
    /// </summary>
    /// <exception cref="IOException">The storage does not answer.</exception>
    public LeaseRecord? Read()
    {
        var claimed = records.HighestClaim();
        var record = records.Lease();
        // A holder of before that was frozen while it renewed may have written over the newer record; the next renewal mends that.
        if (record is null || record.Term < (_newest?.Term ?? 0))
        {
            record = _newest;
        }

        return _newest = claimed > (record?.Term ?? 0) ? new LeaseRecord(claimed, "", "", 0) : record;
    }

    /// <summary>Takes the lease if it still is what was <paramref name="seen"/> when its holder was found dead. False when somebody
    /// was faster, or the holder lives after all.</summary>
    /// <exception cref="IOException">The storage refused.</exception>
    public bool TryTake(LeaseRecord? seen)
    {
        var entered = clock.GetTimestamp();
        if (Read() != seen)
        {
            return false;
        }

        var term = (seen?.Term ?? 0) + 1;
        if (!records.TryClaim(term) || records.HighestClaim() > term)
        {
            return false;
        }

        if (records.Lease() is { } current && current.Term == seen?.Term && current != seen)
        {
            // It has renewed, and will find the claim; then the lease is free for everyone.
            return false;
        }

        var mine = new LeaseRecord(term, node, address, 1);
        Write(mine, entered);
        _mine = _newest = mine;
        records.ForgetClaimsBelow(term);
        return true;
    }

    /// <summary>Shows that the holder lives. False when another has taken the lease meanwhile: this node no longer holds it.</summary>
    /// <exception cref="IOException">The storage refused; the lease is still held while others do not think it dead.</exception>
    public bool Renew()
    {
        var entered = clock.GetTimestamp();
        if (_mine is null)
        {
            return false;
        }

        if (Read() is { } current && current.Term > _mine.Term)
        {
            _mine = null;
            return false;
        }

        var next = _mine with { Beat = _mine.Beat + 1 };
        Write(next, entered);
        _mine = _newest = next;
        if (records.HighestClaim() > _mine.Term)
        {
            _mine = null;
            return false;
        }

        return true;
    }

    /// <summary>Gives the lease back, so that the next one need not wait for it to die.</summary>
    /// <exception cref="IOException">The storage refused; the lease then dies by itself.</exception>
    public void Release()
    {
        var entered = clock.GetTimestamp();
        var mine = _mine;
        _mine = null;
        if (mine is not null && Read() is { } current && current.Term == mine.Term)
        {
            Write(mine with { Beat = mine.Beat + 1, Released = true }, entered);
        }
    }

    private void Write(LeaseRecord record, long entered)
    {
        var took = clock.GetElapsedTime(entered);
        if (took > times.Authority)
        {
            throw new IOException($"the authority lease was read {took.TotalSeconds:F0} s ago and is not written on that: "
                + "this process stood still, or the storage did");
        }

        records.Write(record);
    }
}
