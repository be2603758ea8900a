using System.Net;
using Ism.Cluster.Logging;
using Ism.Cluster.Membership;
using Ism.Cluster.Security;

namespace Ism.Cluster.Hosting;

/// <summary>The roles a node can have; the names are cluster roles.</summary>
public static class NodeRoles
{
    /// <summary>Holds jobs, ledger and training groups.</summary>
    public const string Coordinator = "coordinator";

    /// <summary>Hosts chunk entities.</summary>
    public const string Featurizer = "featurizer";

    /// <summary>One rank of the training group.</summary>
    public const string Trainer = "trainer";
}

/// <summary>How one node joins the cluster.</summary>
public sealed record NodeOptions
{
    /// <summary>Name of the actor system; the same on every node.</summary>
    public const string SystemName = "ism";

    /// <summary>One of <see cref="NodeRoles"/>.</summary>
    public required string Role { get; init; }

    /// <summary>Unique name of this node, e.g. "trainer-2"; used in logs, metrics and as the member's name in a training group.</summary>
    public required string NodeId { get; init; }

    /// <summary>Host name or address under which other nodes reach this one. 127.0.0.1 keeps the node to this machine.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Address to listen on, where <see cref="Host"/> is a name that may not be known yet when the node starts; null: that of
    /// <see cref="Host"/>.</summary>
    public string? Bind { get; init; }

    /// <summary>Port of the actor transport; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Certificates for connections between nodes; null: plain TCP.</summary>
    public TlsFolder? Tls { get; init; }

    /// <summary>Folder that all nodes reach; every node leaves its address there for the others.</summary>
    public required string Workspace { get; init; }

    /// <summary>Addresses "host:port" under which coordinators may be, asked for where the workspace names nobody. Whether a cluster is founded
    /// is decided by the workspace alone, so that two halves that do not reach each other do not found two.</summary>
    public IReadOnlyList<string> Seeds { get; init; } = [];

    /// <summary>What tells the clusters of two jobs apart: the name of the workspace's folder.</summary>
    public string Job => Path.GetFileName(Path.TrimEndingDirectorySeparator(Workspace));

    /// <summary>Journal of a coordinator: empty for SQLite in the workspace, else a PostgreSQL connection string.</summary>
    public string Journal { get; init; } = "";

    /// <summary>The end of a job stays noted when a cluster is founded in its workspace: it is another's to take it away.</summary>
    public bool KeepsEnd { get; init; }

    /// <summary>Where a coordinator listens for <c>pbm</c>, the client of Petabridge.Cmd; null where it does not.</summary>
    public IPEndPoint? Pbm { get; init; }

    /// <summary>How it writes its log.</summary>
    public LogFormat LogFormat { get; init; } = LogFormats.OfEnvironment();

    /// <summary>How long a node waits until the cluster has taken it in.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long membership waits for what.</summary>
    public MembershipTimes Times { get; init; } = new();
}
