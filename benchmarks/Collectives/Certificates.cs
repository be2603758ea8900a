using Ism.Cluster.Security;
using Ism.Collectives;

/// <summary>Certificates for a ring of this process alone.</summary>
internal static class Certificates
{
    /// <summary>Makes an authority and one certificate that all ranks show, in a folder that ends with the process.</summary>
    public static RingTls ForOneRing()
    {
        var folder = Directory.CreateTempSubdirectory("ism-ring-tls-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var authority = CertificateAuthority.Create(DateTimeOffset.UtcNow, 2);
        var names = CertificateNames.Parse(["localhost"]);
        CertificateFiles.Write(folder, authority, withKey: false, authority.Issue(names, DateTimeOffset.UtcNow, 1));
        var tls = new TlsFolder(folder);
        return new RingTls(() => tls.Credentials().ForAccepting(), () => tls.Credentials().ForConnecting());
    }
}
