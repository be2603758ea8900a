using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ism.Cluster.Security;

namespace Ism.Cli.Remote;

/// <summary>Whether a server is the one that was asked for: its certificate is signed by the cluster's authority (where none is known, by one
/// that the system trusts), good now, and made for the name in the address. Keeps the words for why not.</summary>
internal sealed class ServerTrust
{
    private readonly X509Certificate2Collection? _authorities;
    private readonly string _where;
    private volatile string? _refusal;

    /// <param name="authority">PEM file of the cluster's authority; null: those that the system trusts.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no certificate.</exception>
    public ServerTrust(string? authority)
    {
        _where = authority ?? "";
        _authorities = authority is null ? null : TlsFolder.AuthoritiesIn(authority);
    }

    /// <summary>Why the last server was refused; null when it was not. Forgotten by reading.</summary>
    public string? TakeRefusal() => Interlocked.Exchange(ref _refusal, null);

    /// <summary>Checks one.</summary>
    /// <param name="host">The name or address that was asked for.</param>
    /// <param name="certificate">What it showed.</param>
    /// <param name="errors">What the system found, by its own authorities.</param>
    public bool Trusts(string host, X509Certificate2? certificate, SslPolicyErrors errors) =>
        (_refusal = Refusal(host, certificate, errors, DateTimeOffset.UtcNow)) is null;

    private string? Refusal(string host, X509Certificate2? certificate, SslPolicyErrors errors, DateTimeOffset now)
    {
        if (certificate is null)
        {
            return $"{host} showed no certificate";
        }

        if (certificate.NotAfter < now.LocalDateTime)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the certificate of {host} expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC; ")
                + "make new ones with `ism certs --ca FOLDER`; nodes take them up without a restart";
        }

        if (_authorities is null)
        {
            if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            {
                return $"the certificate of {host} was signed by {certificate.GetNameInfo(X509NameType.SimpleName, true)}, whom this system does not "
                    + $"trust; name the folder with the cluster's {TlsFolder.AuthorityFile} with --tls ({TlsFolder.Variable}), or the file with --authority";
            }
        }
        else if (CertificateTrust.Refusal(certificate, _authorities, [], CertificateUse.Server, now) is { } refusal)
        {
            return $"{refusal}; is {_where} of the cluster that {host} belongs to?";
        }

        return certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false) ? null
            : $"the certificate of {host} is made for {string.Join(", ", Names(certificate))}, not for {host}; ask by one of these names, or make "
                + $"one with `ism certs --ca FOLDER --name {host}`";
    }

    private static IEnumerable<string> Names(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names
            ? names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(a => a.ToString()))
            : ["nothing"];
}
