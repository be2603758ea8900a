using System.Net;
using Ism.Cluster.Hosting;
using Ism.Cluster.Logging;
using Ism.Cluster.Security;

namespace Ism.Coordinator.Api;

/// <summary>Where and how a coordinator serves its API and page.</summary>
public sealed record ApiOptions
{
    /// <summary>Name of the coordinator.</summary>
    public required string NodeId { get; init; }

    /// <summary>Home or workspace: the token and the address of the API are left there for others who may read it.</summary>
    public required string Folder { get; init; }

    /// <summary>Address and port to listen on; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Name or address under which others reach it; null: that of <see cref="Listen"/>.</summary>
    public string? PublicHost { get; init; }

    /// <summary>Certificates; a renewed one is shown from the next connection on. Null: plain HTTP.</summary>
    public TlsFolder? Tls { get; init; }

    /// <summary>Every request must show it.</summary>
    public required string Token { get; init; }

    /// <summary>Requests a second that one address may make before it is told to wait.</summary>
    public int RequestsPerSecond { get; init; } = 50;

    /// <summary>How it writes its log.</summary>
    public LogFormat LogFormat { get; init; } = LogFormats.OfEnvironment();

    /// <summary>The coordinator as its log names it.</summary>
    internal NodeOptions Logged => new() { Role = NodeRoles.Coordinator, NodeId = NodeId, Workspace = Folder, LogFormat = LogFormat };

    /// <summary>Bytes of a request's body at most.</summary>
    public long MaxBody { get; init; } = 1 << 20;

    /// <summary>Time for a TLS handshake, and for the headers of a request.</summary>
    public TimeSpan HeadersWithin { get; init; } = TimeSpan.FromSeconds(10);
}
