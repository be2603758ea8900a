using System.Globalization;

namespace Ism.Cluster.Membership;

/// <summary>
/// The cluster's records as files of the workspace: <c>cluster/members/NODE</c>, <c>cluster/lease</c>, and one empty file
/// <c>cluster/terms/N</c> for each claimed term of the lease. Needs no locks: the storage creates a file for one of several
/// that ask, also on network file systems, and an empty one also on a full disk.
/// </summary>
/// <param name="workspace">The workspace that all nodes reach.</param>
internal sealed class ClusterFiles(string workspace) : IClusterRecords
{
    private readonly MemberFiles _members = new(workspace);
    private readonly string _lease = Path.Combine(workspace, "cluster", "lease");
    private readonly string _terms = Path.Combine(workspace, "cluster", "terms");

    /// <inheritdoc/>
    public IReadOnlyList<MemberRecord> Members() => _members.All();

    /// <inheritdoc/>
    public void Write(MemberRecord member) => _members.Write(member);

    /// <inheritdoc/>
    public void Remove(string node, string address) => _members.Remove(node, address);

    /// <inheritdoc/>
    public LeaseRecord? Lease() => RecordFile.Read<LeaseRecord>(_lease);

    /// <inheritdoc/>
    public void Write(LeaseRecord lease)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_lease)!);
        RecordFile.Write(_lease, lease);
    }

    /// <inheritdoc/>
    public long HighestClaim() => Claims().DefaultIfEmpty(0).Max();

    /// <inheritdoc/>
    public bool TryClaim(long term)
    {
        Directory.CreateDirectory(_terms);
        var path = PathOf(term);
        try
        {
            new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0).Dispose();
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void ForgetClaimsBelow(long term)
    {
        foreach (var old in Claims().Where(t => t < term).ToList())
        {
            File.Delete(PathOf(old));
        }
    }

    /// <inheritdoc/>
    public EndedMarker? Ended() => EndedMarker.TryRead(workspace);

    private IEnumerable<long> Claims() => !Directory.Exists(_terms) ? [] : Directory.EnumerateFiles(_terms)
        .Select(f => long.TryParse(Path.GetFileName(f), NumberStyles.None, CultureInfo.InvariantCulture, out var term) ? term : 0);

    private string PathOf(long term) => Path.Combine(_terms, term.ToString(CultureInfo.InvariantCulture));
}
