namespace Ism.Cluster.Membership;

/// <summary>What nodes tell each other through the storage that all of them reach. Every method may take as long as the storage takes,
/// and throws <see cref="IOException"/> when it refuses.</summary>
internal interface IClusterRecords
{
    /// <summary>All members' files that can be read, coordinators first, then by name.</summary>
    IReadOnlyList<MemberRecord> Members();

    /// <summary>Writes a node's file over what is there.</summary>
    void Write(MemberRecord member);

    /// <summary>Takes a node's file away, unless a newer one of its name has written it.</summary>
    void Remove(string node, string address);

    /// <summary>The lease as it was last written; null when there is none, or none that is whole.</summary>
    LeaseRecord? Lease();

    /// <summary>Writes the lease over what is there.</summary>
    void Write(LeaseRecord lease);

    /// <summary>The highest term ever claimed; 0 before the first.</summary>
    long HighestClaim();

    /// <summary>Claims a term; of all that try, one is told true.</summary>
    bool TryClaim(long term);

    /// <summary>Forgets claims of terms below one that is claimed.</summary>
    void ForgetClaimsBelow(long term);

    /// <summary>How the job ended; null while it goes on.</summary>
    EndedMarker? Ended();
}
