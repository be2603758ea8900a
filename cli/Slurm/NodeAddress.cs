using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Ism.Cli.Slurm;

/// <summary>The address under which other machines reach this one.</summary>
internal static class NodeAddress
{
    private const string Loopback = "127.0.0.1";

    /// <summary>The default of --host: this machine alone, unless a launcher may have put the other nodes elsewhere.</summary>
    public static string Default(BatchTask? task) => task is not { SeveralMachines: true } ? Loopback
        : Choose([Environment.GetEnvironmentVariable("SLURMD_NODENAME"), Dns.GetHostName()], Resolve, OfInterfaces());

    /// <summary>
    /// The first address of a name that is an interface's: what the cluster's own names stand for. Else, where names only say 127.0.1.1 or
    /// cannot be looked up, the first interface's.
    /// </summary>
    /// <param name="names">Names of this machine, the most telling first; null or empty ones are passed over.</param>
    /// <param name="resolve">The addresses of a name.</param>
    /// <param name="interfaces">Addresses of the machine's interfaces that are up, without loopback, those with a way out first.</param>
    internal static string Choose(
        IEnumerable<string?> names, Func<string, IReadOnlyList<IPAddress>> resolve, IReadOnlyList<IPAddress> interfaces)
    {
        var named = names.Where(n => !string.IsNullOrEmpty(n)).SelectMany(n => resolve(n!)).Where(interfaces.Contains);
        return (Preferred(named) ?? Preferred(interfaces))?.ToString() ?? Loopback;
    }

    private static IPAddress? Preferred(IEnumerable<IPAddress> addresses) =>
        addresses.OrderBy(a => a.AddressFamily != AddressFamily.InterNetwork).FirstOrDefault();

    private static IReadOnlyList<IPAddress> Resolve(string name)
    {
        try
        {
            return Dns.GetHostAddresses(name);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    private static IReadOnlyList<IPAddress> OfInterfaces() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .Select(i => i.GetIPProperties())
            .OrderBy(p => p.GatewayAddresses.Count == 0)
            .SelectMany(p => p.UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal),
    ];
}
