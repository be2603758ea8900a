using Ism.Cluster.Security;

namespace Ism.Coordinator.Tests.Api;

/// <summary>Folders with certificates for an API on the loopback.</summary>
internal sealed class ServedCertificates : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ism-served-tls-").FullName;
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(DateTimeOffset.UtcNow.AddYears(-1), 1000);

    public ServedCertificates() => Tls = Folder("node", _authority);

    /// <summary>The server's folder.</summary>
    public TlsFolder Tls { get; }

    /// <summary>A folder of another authority.</summary>
    public TlsFolder Other => Folder("other", CertificateAuthority.Create(DateTimeOffset.UtcNow, 100));

    /// <summary>Puts another certificate into the server's folder, key first, as two files cannot be replaced at once.</summary>
    /// <returns>Its end.</returns>
    public DateTimeOffset Renew(int days)
    {
        var node = _authority.Issue(CertificateNames.Parse(["renewed"]), DateTimeOffset.UtcNow, days);
        File.WriteAllText(Path.Combine(Tls.Folder, TlsFolder.KeyFile), node.Key);
        File.WriteAllText(Path.Combine(Tls.Folder, TlsFolder.CertificateFile), node.Certificate);
        return node.Ends;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private TlsFolder Folder(string name, CertificateAuthority authority)
    {
        var folder = Path.Combine(_root, name);
        CertificateFiles.Write(folder, authority, withKey: false, authority.Issue(CertificateNames.Parse([name]), DateTimeOffset.UtcNow, 10));
        return new TlsFolder(folder);
    }
}
