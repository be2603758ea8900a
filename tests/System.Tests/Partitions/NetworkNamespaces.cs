using System.ComponentModel;
using System.Diagnostics;

namespace Ism.System.Tests.Partitions;

/// <summary>
/// Hosts of a small network in network namespaces of this machine: each has one link to a common bridge, which can be cut and healed. Takes
/// root on Linux. All names are unique and taken away at the end.
/// </summary>
internal sealed class NetworkNamespaces : IDisposable
{
    private const string Rate = "16mbit";
    private readonly string _id = Guid.NewGuid().ToString("N")[..6];
    private readonly int _count;
    private readonly string _subnet;

    private NetworkNamespaces(int count)
    {
        _count = count;
        _subnet = $"10.{Random.Shared.Next(200, 250)}.{Random.Shared.Next(1, 250)}";
    }

    private string Bridge => $"ism{_id}b";

    /// <summary>Makes some hosts; skips the test where that cannot be done.</summary>
    public static NetworkNamespaces CreateOrSkip(int count)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "network namespaces are Linux's");
        Skip.IfNot(Environment.UserName == "root", "network namespaces take root");
        Skip.IfNot(File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip"), "`ip` (iproute2) is not installed");
        var hosts = new NetworkNamespaces(count);
        try
        {
            hosts.Ip("link", "add", hosts.Bridge, "type", "bridge");
            hosts.Ip("link", "set", "dev", hosts.Bridge, "up");
            for (var host = 0; host < count; host++)
            {
                hosts.Ip("netns", "add", hosts.Namespace(host));
                hosts.Ip("link", "add", hosts.Link(host), "type", "veth", "peer", "name", "eth0", "netns", hosts.Namespace(host));
                hosts.Ip("link", "set", "dev", hosts.Link(host), "master", hosts.Bridge, "up");
                // So slow that a job of tiny models lasts as long on a fast machine; where `tc` cannot do it, links are just faster.
                Run("tc", "qdisc", "add", "dev", hosts.Link(host), "root", "tbf", "rate", Rate, "burst", "32kbit", "latency", "200ms");
                hosts.Ip("-n", hosts.Namespace(host), "addr", "add", $"{hosts.Address(host)}/24", "dev", "eth0");
                hosts.Ip("-n", hosts.Namespace(host), "link", "set", "dev", "eth0", "up");
                hosts.Ip("-n", hosts.Namespace(host), "link", "set", "dev", "lo", "up");
            }
        }
        catch (InvalidOperationException e)
        {
            hosts.Dispose();
            Skip.If(true, $"this machine lets root make no network namespaces: {e.Message}");
        }

        return hosts;
    }

    /// <summary>A host's address.</summary>
    public string Address(int host) => $"{_subnet}.{host + 10}";

    /// <summary>What a command is put under to run on a host.</summary>
    public IReadOnlyList<string> On(int host) => ["ip", "netns", "exec", Namespace(host)];

    /// <summary>Cuts a host off from all others.</summary>
    public void Cut(int host) => Ip("link", "set", "dev", Link(host), "down");

    /// <summary>Puts a host's link back.</summary>
    public void Heal(int host) => Ip("link", "set", "dev", Link(host), "up");

    public void Dispose()
    {
        for (var host = 0; host < _count; host++)
        {
            Run("ip", "netns", "delete", Namespace(host));
            // Goes with the namespace, but not before its last process has ended.
            Run("ip", "link", "delete", "dev", Link(host));
        }

        Run("ip", "link", "delete", "dev", Bridge);
    }

    private string Namespace(int host) => $"ism-{_id}-{host}";

    private string Link(int host) => $"ism{_id}v{host}";

    private void Ip(params string[] arguments)
    {
        var (code, said) = Run("ip", arguments);
        if (code != 0)
        {
            throw new InvalidOperationException($"`ip {string.Join(' ', arguments)}` ended with {code}: {said}");
        }
    }

    private static (int Code, string Said) Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, said.Trim());
        }
        catch (Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}
