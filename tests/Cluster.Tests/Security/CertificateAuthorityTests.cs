using System.Security.Cryptography.X509Certificates;
using Ism.Cluster.Security;

namespace Ism.Cluster.Tests.Security;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly Certificates _made = new();

    [Fact]
    public void Should_sign_certificates_that_only_its_own_cluster_trusts()
    {
        using var certificate = Certificates.Read(_made.Folder("node1"));
        Assert.Null(Refusal(certificate, "cluster"));
        Assert.Contains("was not signed by this cluster's authority", Refusal(certificate, "other"));
    }

    [Fact]
    public void Should_make_a_certificate_for_all_its_names_and_the_machine_itself()
    {
        using var certificate = Certificates.Read(_made.Folder("n", names: ["Node1.example.org,10.0.0.7", "*.ism.svc", "fd00::7"]));
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["node1.example.org", "*.ism.svc", "localhost"], names.EnumerateDnsNames());
        Assert.Equal(["10.0.0.7", "fd00::7", "127.0.0.1", "::1"], names.EnumerateIPAddresses().Select(a => a.ToString()));
        foreach (var host in (string[])["node1.example.org", "coordinator-0.ism.svc", "10.0.0.7", "127.0.0.1", "localhost"])
        {
            Assert.True(certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false), host);
        }

        Assert.False(certificate.MatchesHostname("node2.example.org", allowWildcards: true, allowCommonName: false));
    }

    [Fact]
    public void Should_sign_for_servers_and_clients_and_not_for_authorities()
    {
        using var certificate = Certificates.Read(_made.Folder("node1"));
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>();
        Assert.Equal([CertificateTrust.ServerAuthentication, CertificateTrust.ClientAuthentication], usages.Select(u => u.Value));
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal("1.2.840.10045.2.1", certificate.PublicKey.Oid.Value);
        Assert.True(certificate.SerialNumberBytes.Length >= 15);
    }

    [Fact]
    public void Should_say_when_a_certificate_expired_or_begins()
    {
        var now = DateTimeOffset.UtcNow;
        using var old = Certificates.Read(_made.Folder("old", made: now.AddDays(-20), days: 10));
        using var early = Certificates.Read(_made.Folder("early", made: now.AddDays(5), days: 10));
        Assert.Contains($"expired on {now.AddDays(-10):yyyy-MM-dd}", Refusal(old, "cluster"));
        Assert.Contains("is the clock of this machine right?", Refusal(early, "cluster"));
    }

    [Fact]
    public void Should_not_take_a_certificate_that_a_node_has_signed_with_its_own()
    {
        var node = _made.Folder("node1");
        var (certificate, key) = (File.ReadAllText(Path.Combine(node.Folder, "tls.crt")), File.ReadAllText(Path.Combine(node.Folder, "tls.key")));
        var forged = Path.Combine(_made.Root, "forged");
        Directory.CreateDirectory(forged);
        File.WriteAllText(Path.Combine(forged, "ca.crt"), certificate);
        File.WriteAllText(Path.Combine(forged, "ca.key"), key);
        Assert.Contains("may sign no others", Assert.Throws<InvalidDataException>(() => CertificateAuthority.Open(forged)).Message);
    }

    [Fact]
    public void Should_be_opened_again_and_sign_for_the_same_cluster()
    {
        var folder = Path.Combine(_made.Root, "first");
        var first = CertificateAuthority.Create(DateTimeOffset.UtcNow, 100);
        CertificateFiles.Write(folder, first, withKey: true, first.Issue(CertificateNames.Parse(["a"]), DateTimeOffset.UtcNow, 5));
        var again = CertificateAuthority.Open(folder);
        Assert.Equal(first.Name, again.Name);
        var later = again.Issue(CertificateNames.Parse(["b"]), DateTimeOffset.UtcNow, 5);
        using var certificate = X509Certificate2.CreateFromPem(later.Certificate, later.Key);
        Assert.Null(CertificateTrust.Refusal(certificate, TlsFolder.AuthoritiesIn(Path.Combine(folder, "ca.crt")), [], CertificateUse.Node, DateTimeOffset.UtcNow));
        Assert.Contains("name fewer", Assert.Throws<ArgumentException>(() => again.Issue(CertificateNames.Parse(["b"]), DateTimeOffset.UtcNow, 101)).Message);
    }

    [Fact]
    public void Should_write_keys_for_their_owner_only_and_nothing_over()
    {
        var folder = Path.Combine(_made.Root, "first");
        var authority = _made.Authority("cluster");
        var node = authority.Issue(CertificateNames.Parse(["a"]), DateTimeOffset.UtcNow, 5);
        CertificateFiles.Write(folder, authority, withKey: true, node);
        if (!OperatingSystem.IsWindows())
        {
            var owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(owner, File.GetUnixFileMode(Path.Combine(folder, "ca.key")));
            Assert.Equal(owner, File.GetUnixFileMode(Path.Combine(folder, "tls.key")));
            Assert.True(File.GetUnixFileMode(Path.Combine(folder, "ca.crt")).HasFlag(UnixFileMode.UserRead));
        }

        var before = Directory.GetFiles(folder).ToDictionary(f => f, File.ReadAllText);
        Assert.Equal(4, before.Count);
        Assert.Contains("is there already", Assert.Throws<IOException>(() => CertificateFiles.Write(folder, authority, withKey: true, node)).Message);
        File.Delete(Path.Combine(folder, "ca.crt"));
        File.Delete(Path.Combine(folder, "tls.crt"));
        File.Delete(Path.Combine(folder, "tls.key"));
        Assert.Contains("ca.key", Assert.Throws<IOException>(() => CertificateFiles.Write(folder, authority, withKey: false, node)).Message);
        Assert.Equal(before[Path.Combine(folder, "ca.key")], File.ReadAllText(Path.Combine(folder, "ca.key")));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Theory]
    [InlineData("https://node1")]
    [InlineData("node1:8420")]
    [InlineData("node_1")]
    [InlineData("-a")]
    [InlineData("a..b")]
    [InlineData("*")]
    [InlineData("a b")]
    public void Should_refuse_what_is_no_name(string name) =>
        Assert.Contains(name, Assert.Throws<FormatException>(() => CertificateNames.Parse(["good", name])).Message);

    [Fact]
    public void Should_want_a_name() => Assert.Throws<FormatException>(() => CertificateNames.Parse([",", ""]));

    public void Dispose() => _made.Dispose();

    private string? Refusal(X509Certificate2 certificate, string authority)
    {
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPem(_made.Authority(authority).CertificatePem());
        return CertificateTrust.Refusal(certificate, trusted, [], CertificateUse.Node, DateTimeOffset.UtcNow);
    }
}
