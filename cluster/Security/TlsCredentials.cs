using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ism.Cluster.Security;

/// <summary>What a node shows of itself and whom it trusts: certificate with key, and the authority of the cluster. Immutable.</summary>
public sealed class TlsCredentials
{
    private readonly X509Certificate2Collection _between;

    private TlsCredentials(TlsFiles files, X509Certificate2 certificate, X509Certificate2Collection between, X509Certificate2Collection authorities)
    {
        (Files, Certificate, _between, Authorities) = (files, certificate, between, authorities);
        Context = SslStreamCertificateContext.Create(certificate, between, offline: true);
    }

    /// <summary>The node's certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certificate with those between it and the authority, for TLS.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Who must have signed a peer's certificate.</summary>
    public X509Certificate2Collection Authorities { get; }

    internal TlsFiles Files { get; }

    /// <summary>Why a peer's certificate is not one of a node of this cluster; null when it is.</summary>
    /// <param name="peer">What it has shown; null for nothing.</param>
    public string? Refuses(X509Certificate2? peer) => peer is null
        ? "it showed no certificate"
        : CertificateTrust.Refusal(peer, Authorities, _between, CertificateUse.Node, DateTimeOffset.UtcNow);

    /// <summary>For the side of a connection between nodes that accepts: shows this certificate and wants one.</summary>
    public SslServerAuthenticationOptions ForAccepting() => new()
    {
        ServerCertificateContext = Context,
        ClientCertificateRequired = true,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, peer, _, _) => Refuses(peer as X509Certificate2) is null,
    };

    /// <summary>For the side of a connection between nodes that connects. Names are not compared: nodes come and go at addresses that no
    /// certificate knows, and whoever holds a certificate of this authority is a member.</summary>
    public SslClientAuthenticationOptions ForConnecting() => new()
    {
        TargetHost = "",
        ClientCertificateContext = Context,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, peer, _, _) => Refuses(peer as X509Certificate2) is null,
    };

    /// <exception cref="InvalidDataException">The files cannot be used; says why and what to do.</exception>
    internal static TlsCredentials Of(TlsFiles files, DateTimeOffset now)
    {
        var path = Path.Combine(files.Folder, TlsFolder.CertificateFile);
        var authorities = Parsed(Path.Combine(files.Folder, TlsFolder.AuthorityFile), files.Authority);
        var between = Parsed(path, files.Certificate);
        between.RemoveAt(0);
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(files.Certificate, files.Key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException(
                $"{Path.Combine(files.Folder, TlsFolder.KeyFile)} is not the key of {path}: "
                    + $"{(e is ArgumentException ? "the two do not fit each other" : e.Message)}; `ism certs` makes both together",
                e);
        }

        if (CertificateTrust.Refusal(certificate, authorities, between, CertificateUse.Node, now) is { } refusal)
        {
            throw new InvalidDataException($"{path}: {refusal}");
        }

        return new TlsCredentials(files, Kept(certificate), between, authorities);
    }

    /// <summary>The certificates of a PEM file.</summary>
    /// <exception cref="InvalidDataException">It holds none.</exception>
    internal static X509Certificate2Collection Parsed(string path, string text)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"{path} is not a certificate in PEM: {e.Message}", e);
        }

        return found.Count > 0 ? found : throw new InvalidDataException($"{path} holds no certificate in PEM");
    }

    // Windows does TLS only with keys that lie in its store.
    private static X509Certificate2 Kept(X509Certificate2 certificate) => !OperatingSystem.IsWindows() ? certificate
        : X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
}
