using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ism.Cluster.Security;

/// <summary>The authority of one cluster: whoever holds a certificate that it has signed is a node. Keys are ECDSA over P-256.</summary>
public sealed class CertificateAuthority
{
    /// <summary>Key of the authority, PEM; readable by its owner only, and needed on no node.</summary>
    public const string KeyFile = "ca.key";

    private const int SerialBytes = 16;

    // Clocks of machines differ.
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(10);
    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>Its name, which is another for each authority.</summary>
    public string Name => CertificateTrust.Named(_certificate);

    /// <summary>Until when it can vouch.</summary>
    public DateTimeOffset Ends => _certificate.NotAfter;

    /// <summary>Makes one.</summary>
    /// <param name="now">The time.</param>
    /// <param name="days">How long it is good.</param>
    public static CertificateAuthority Create(DateTimeOffset now, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName($"ism cluster {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new CertificateAuthority(request.CreateSelfSigned(now - Before, now.AddDays(days)));
    }

    /// <summary>The one whose certificate and key lie in a folder.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">They are no authority; says why.</exception>
    public static CertificateAuthority Open(string folder)
    {
        var (path, key) = (Path.Combine(folder, TlsFolder.AuthorityFile), Path.Combine(folder, KeyFile));
        foreach (var file in (string[])[path, key])
        {
            if (!File.Exists(file))
            {
                throw new IOException($"{file} is missing: --ca names the folder in which `ism certs` has made the authority");
            }
        }

        try
        {
            var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(path), File.ReadAllText(key));
            return certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority)
                ? new CertificateAuthority(certificate)
                : throw new InvalidDataException($"{path} is no authority's certificate: it may sign no others");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{key} is not the key of {path}: {e.Message}", e);
        }
    }

    /// <summary>Signs a certificate with a key of its own, for a node: server and client.</summary>
    /// <param name="names">DNS names and addresses under which it is reached; at least one.</param>
    /// <param name="now">The time.</param>
    /// <param name="days">How long it is good.</param>
    /// <exception cref="ArgumentException">The authority ends before; says when.</exception>
    public NodeCertificate Issue(CertificateNames names, DateTimeOffset now, int days)
    {
        var ends = now.AddDays(days);
        if (ends > Ends)
        {
            throw new ArgumentException($"--days {days}: the authority {Name} ends on {CertificateTrust.Day(_certificate.NotAfter)}, "
                + $"in {(Ends - now).Days} days; name fewer, or make a new authority and give its certificates to all nodes");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(names.First);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(CertificateTrust.ServerAuthentication), new Oid(CertificateTrust.ClientAuthentication)], critical: false));
        extensions.Add(names.Extension());
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        extensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] &= 0x7f;
        var begins = now - Before;
        using var certificate = request.Create(_certificate, begins < _certificate.NotBefore ? _certificate.NotBefore : begins, ends, serial);
        return new NodeCertificate(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), ends);
    }

    /// <summary>Its certificate, PEM.</summary>
    public string CertificatePem() => _certificate.ExportCertificatePem();

    /// <summary>Its key, PEM.</summary>
    public string KeyPem()
    {
        using var key = _certificate.GetECDsaPrivateKey() ?? throw new InvalidDataException($"the key of {Name} is none over an elliptic curve");
        return key.ExportPkcs8PrivateKeyPem();
    }
}

/// <summary>A node's certificate and key, PEM.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Key">Its key; a secret.</param>
/// <param name="Ends">Until when it is good.</param>
public sealed record NodeCertificate(string Certificate, string Key, DateTimeOffset Ends);
