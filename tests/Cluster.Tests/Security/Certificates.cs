using System.Security.Cryptography.X509Certificates;
using Ism.Cluster.Security;

namespace Ism.Cluster.Tests.Security;

/// <summary>Folders with certificates, as `ism certs` makes them, below one that is deleted at the end.</summary>
internal sealed class Certificates : IDisposable
{
    private readonly Dictionary<string, CertificateAuthority> _authorities = [];

    public string Root { get; } = Directory.CreateTempSubdirectory("ism-certificates-").FullName;

    public CertificateAuthority Authority(string name)
    {
        if (!_authorities.TryGetValue(name, out var known))
        {
            _authorities[name] = known = CertificateAuthority.Create(DateTimeOffset.UtcNow.AddYears(-1), 1000);
        }

        return known;
    }

    /// <summary>A folder of a node; many may be of one authority.</summary>
    public TlsFolder Folder(string name, string authority = "cluster", DateTimeOffset? made = null, int days = 30, params string[] names)
    {
        var folder = Path.Combine(Root, name);
        var signer = Authority(authority);
        CertificateFiles.Write(folder, signer, withKey: false, signer.Issue(
            CertificateNames.Parse(names.Length > 0 ? names : [name]), made ?? DateTimeOffset.UtcNow, days));
        return new TlsFolder(folder, TimeSpan.Zero);
    }

    /// <summary>Puts another certificate into a folder.</summary>
    public void Renew(TlsFolder folder, string authority = "cluster", DateTimeOffset? made = null, int days = 30)
    {
        var signer = Authority(authority);
        var node = signer.Issue(CertificateNames.Parse(["renewed"]), made ?? DateTimeOffset.UtcNow, days);
        File.WriteAllText(Path.Combine(folder.Folder, TlsFolder.KeyFile), node.Key);
        File.WriteAllText(Path.Combine(folder.Folder, TlsFolder.CertificateFile), node.Certificate);
        File.WriteAllText(folder.AuthorityPath, signer.CertificatePem());
    }

    public static X509Certificate2 Read(TlsFolder folder) =>
        X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(folder.Folder, TlsFolder.CertificateFile)));

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
