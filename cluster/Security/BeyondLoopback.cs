using System.Net;

namespace Ism.Cluster.Security;

/// <summary>Nodes that other machines reach need TLS, unless a person says that they need not.</summary>
public static class BeyondLoopback
{
    /// <summary>Set to 1 it does what --insecure does.</summary>
    public const string InsecureVariable = "ISM_INSECURE";

    /// <summary>Whether a host name or address stands for this machine alone.</summary>
    public static bool IsLoopback(string host) => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>Why a node may not be started so; null when it may.</summary>
    /// <param name="host">Under which others reach it.</param>
    /// <param name="tls">Its certificates; null for none.</param>
    /// <param name="insecure">A person has said that the network is private.</param>
    public static string? Refusal(string host, TlsFolder? tls, bool insecure) => insecure || tls is not null || IsLoopback(host) ? null
        : $"--host {host}: other machines reach this node, and without TLS whoever reaches it can command it. `ism certs --out FOLDER --name "
            + $"{host}` makes certificates; name their folder with --tls ({TlsFolder.Variable}) on every node, or put it as "
            + $"{TlsFolder.NameInPlace}/ into the home or workspace. In a network that nobody else reaches, --insecure ({InsecureVariable}=1) "
            + "goes without";
}
