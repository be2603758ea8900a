using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Ism.Cluster.Security;

/// <summary>The names that a certificate is good for. Those of the machine itself are always among them: nodes of one machine, and clients
/// through `ssh -L` or `kubectl port-forward`, reach it there.</summary>
public sealed partial class CertificateNames
{
    private const int LongestCommonName = 64;
    private readonly List<string> _hosts = [];
    private readonly List<IPAddress> _addresses = [];

    private CertificateNames()
    {
    }

    /// <summary>The first one given, cut to what a certificate's name may be.</summary>
    public string First { get; private init; } = "";

    /// <summary>All of them.</summary>
    public IReadOnlyList<string> All => [.. _hosts, .. _addresses.Select(a => a.ToString())];

    /// <summary>Reads them.</summary>
    /// <param name="given">Names and addresses; each entry may be several with commas between.</param>
    /// <exception cref="FormatException">One is neither a DNS name nor an address; says which.</exception>
    public static CertificateNames Parse(IEnumerable<string> given)
    {
        string[] all = [.. given.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        if (all.Length == 0)
        {
            throw new FormatException("--name: at least one name or address is needed under which the node is reached");
        }

        var names = new CertificateNames { First = all[0].Length <= LongestCommonName ? all[0] : all[0][..LongestCommonName] };
        foreach (var name in all.Concat(["localhost", "127.0.0.1", "::1"]))
        {
            names.Add(name);
        }

        return names;
    }

    internal X509Extension Extension()
    {
        var builder = new SubjectAlternativeNameBuilder();
        _hosts.ForEach(builder.AddDnsName);
        _addresses.ForEach(builder.AddIpAddress);
        return builder.Build();
    }

    private void Add(string name)
    {
        if (IPAddress.TryParse(name.Trim('[', ']'), out var address))
        {
            Append(_addresses, address);
        }
        else if (name.Length <= 253 && Host().IsMatch(name))
        {
            Append(_hosts, name.ToLowerInvariant());
        }
        else
        {
            throw new FormatException($"--name {name}: neither a host name (node1, node1.example.org, *.ism.svc) nor an address (10.0.0.7); no ports, no https://");
        }
    }

    private static void Append<T>(List<T> to, T one)
    {
        if (!to.Contains(one))
        {
            to.Add(one);
        }
    }

    [GeneratedRegex(@"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$")]
    private static partial Regex Host();
}
