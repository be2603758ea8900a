namespace Ism.Cluster.Membership;

/// <summary>One node as it stands in the workspace. Equality by value.</summary>
/// <param name="Node">Its name, e.g. "trainer-2".</param>
/// <param name="Role">Its role.</param>
/// <param name="Address">Its address, e.g. <c>akka.tcp://ism@10.0.0.7:41811</c>.</param>
/// <param name="Beat">Grows while it lives.</param>
public sealed record MemberRecord(string Node, string Role, string Address, long Beat);

/// <summary>
/// Every member's address in the workspace, one small file each, with a beat: nodes that share nothing but the folder find the cluster
/// through any living member, and a node that is cut off from another sees that it lives. A node that comes back under its name
/// overwrites its file.
/// </summary>
/// <param name="workspace">The workspace that all nodes reach.</param>
public sealed class MemberFiles(string workspace)
{
    /// <summary>The folder of the files.</summary>
    public string Folder { get; } = Path.Combine(workspace, "cluster", "members");

    /// <summary>Writes a node's file.</summary>
    /// <exception cref="IOException">The storage refused it.</exception>
    public void Write(MemberRecord member)
    {
        Directory.CreateDirectory(Folder);
        RecordFile.Write(PathOf(member.Node), member);
    }

    /// <summary>A node's file, as this node or one of its name before it left it; null when there is none.</summary>
    public MemberRecord? Read(string node) => RecordFile.Read<MemberRecord>(PathOf(node));

    /// <summary>All files that can be read, coordinators first, then by name.</summary>
    /// <exception cref="IOException">The storage does not answer.</exception>
    public IReadOnlyList<MemberRecord> All() => !Directory.Exists(Folder) ? [] :
    [
        .. Directory.EnumerateFiles(Folder).Select(TryRead).OfType<MemberRecord>()
            .OrderBy(m => m.Role != Hosting.NodeRoles.Coordinator).ThenBy(m => m.Node, StringComparer.Ordinal),
    ];

    /// <summary>Takes a node's file away when it leaves politely, unless a newer one of its name has written it.</summary>
    public void Remove(string node, string address)
    {
        if (Read(node)?.Address == address)
        {
            File.Delete(PathOf(node));
        }
    }

    // One file that cannot be read must not blind a node to all others.
    private static MemberRecord? TryRead(string path)
    {
        try
        {
            return RecordFile.Read<MemberRecord>(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string PathOf(string node) => Path.Combine(Folder, Uri.EscapeDataString(node));
}
