using System.Diagnostics;
using System.Globalization;
using Ism.Cli.Processes;

namespace Ism.Cli.Chaos;

/// <summary>
/// Gives each node of a local cluster a network namespace of its own, joined by a bridge, so that a real link can be cut and healed. Needs
/// root on Linux with iproute2. Takes everything away again when disposed.
/// </summary>
public sealed class NetworkNamespaces : INodePlacement, IDisposable
{
    private const int Most = 250;
    private readonly string _id;
    private readonly string _bridge;
    private readonly int _subnet;
    private readonly Dictionary<string, int> _hosts = [];
    private readonly Lock _lock = new();

    private NetworkNamespaces(int id)
    {
        _id = $"ism{id}";
        _bridge = $"{_id}b";
        _subnet = id;
    }

    /// <summary>Makes the bridge.</summary>
    /// <exception cref="IOException">Not allowed here, or no iproute2; says which.</exception>
    public static NetworkNamespaces Create()
    {
        if (Problem() is { } problem)
        {
            throw new IOException(problem);
        }

        // The second octet of 10.x.0.0/24; two clusters on one machine take different ones.
        for (var id = 80 + (Environment.ProcessId % 100); ; id++)
        {
            var made = new NetworkNamespaces(id);
            if (TryIp($"link add {made._bridge} type bridge") is not { } refused)
            {
                Ip($"addr add {made.HostAddress}/24 dev {made._bridge}");
                Ip($"link set {made._bridge} up");
                return made;
            }

            if (id > 200)
            {
                throw new IOException($"no network bridge could be made: {refused}");
            }
        }
    }

    /// <summary>Why namespaces cannot be had here, or null.</summary>
    public static string? Problem() =>
        !OperatingSystem.IsLinux() ? "network namespaces are a matter of Linux"
        : Environment.UserName != "root" ? "network namespaces need root"
        : TryIp("netns list") is { } refused ? $"network namespaces cannot be had: {refused}"
        : null;

    /// <summary>Address of this machine on the bridge, for what runs outside the namespaces.</summary>
    public string HostAddress => $"10.{_subnet}.0.254";

    /// <inheritdoc/>
    public NodeStart Place(NodeStart start)
    {
        var name = $"{start.Role}-{start.Number}";
        var host = HostOf(name);
        return start with
        {
            Prefix = ["ip", "netns", "exec", Namespace(host)],
            // Nobody but the nodes is in these networks.
            Arguments = [.. start.Arguments, "--host", AddressOf(host), "--insecure"],
        };
    }

    /// <summary>Cuts a node's link, or heals it.</summary>
    public void SetLink(string node, bool up) => Ip($"link set {Outside(HostOf(node))} {(up ? "up" : "down")}");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var host in _hosts.Values)
        {
            TryIp($"netns del {Namespace(host)}");
            TryIp($"link del {Outside(host)}");
        }

        TryIp($"link del {_bridge}");
    }

    private int HostOf(string node)
    {
        lock (_lock)
        {
            if (_hosts.TryGetValue(node, out var known))
            {
                return known;
            }

            var host = _hosts.Count + 1;
            if (host > Most)
            {
                throw new IOException($"{node} is one node too many: a bridge here has room for {Most}");
            }

            _hosts[node] = host;
            Ip($"netns add {Namespace(host)}");
            Ip($"link add {Outside(host)} type veth peer name eth0 netns {Namespace(host)}");
            Ip($"link set {Outside(host)} master {_bridge} up");
            Ip($"-n {Namespace(host)} addr add {AddressOf(host)}/24 dev eth0");
            Ip($"-n {Namespace(host)} link set eth0 up");
            Ip($"-n {Namespace(host)} link set lo up");
            return host;
        }
    }

    private string Namespace(int host) => string.Create(CultureInfo.InvariantCulture, $"{_id}n{host}");

    private string Outside(int host) => string.Create(CultureInfo.InvariantCulture, $"{_id}v{host}");

    private string AddressOf(int host) => string.Create(CultureInfo.InvariantCulture, $"10.{_subnet}.0.{host}");

    private static void Ip(string arguments)
    {
        if (TryIp(arguments) is { } refused)
        {
            throw new IOException($"ip {arguments}: {refused}");
        }
    }

    // Null when it was done, else what `ip` said.
    private static string? TryIp(string arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo("ip", arguments.Split(' ')) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : said.Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
