using Ism.Cluster.Security;

namespace Ism.Cluster.Tests.Security;

public sealed class TlsFolderTests : IDisposable
{
    private readonly Certificates _made = new();

    [Fact]
    public void Should_show_a_renewed_certificate_and_trust_a_new_authority()
    {
        var folder = _made.Folder("node1");
        var first = folder.Credentials();
        Assert.Same(first, folder.Credentials());
        using var stranger = Certificates.Read(_made.Folder("stranger", "next"));
        Assert.NotNull(first.Refuses(stranger));
        _made.Renew(folder, "next");
        var second = folder.Credentials();
        Assert.NotEqual(first.Certificate.Thumbprint, second.Certificate.Thumbprint);
        Assert.Null(second.Refuses(stranger));
        Assert.Null(first.Refuses(first.Certificate));
        Assert.Contains("no certificate", second.Refuses(null));
    }

    [Fact]
    public void Should_go_on_with_what_it_had_while_files_are_half_replaced_or_of_no_use()
    {
        var folder = _made.Folder("node1");
        var first = folder.Credentials();
        var other = _made.Folder("other");
        File.Copy(Path.Combine(other.Folder, "tls.crt"), Path.Combine(folder.Folder, "tls.crt"), overwrite: true);
        Assert.Same(first, folder.Credentials());
        File.Delete(Path.Combine(folder.Folder, "tls.key"));
        Assert.Same(first, folder.Credentials());
        _made.Renew(folder, made: DateTimeOffset.UtcNow.AddDays(-20), days: 10);
        Assert.Same(first, folder.Credentials());
        _made.Renew(folder);
        Assert.NotSame(first, folder.Credentials());
    }

    [Fact]
    public void Should_say_what_is_wrong_with_files_at_the_start()
    {
        var folder = _made.Folder("node1");
        var (certificate, key) = (Path.Combine(folder.Folder, "tls.crt"), Path.Combine(folder.Folder, "tls.key"));
        var (goodCertificate, goodKey) = (File.ReadAllText(certificate), File.ReadAllText(key));
        string Problem<T>() where T : Exception => Assert.Throws<T>(() => new TlsFolder(folder.Folder, TimeSpan.Zero).Credentials()).Message;

        _made.Renew(folder, made: DateTimeOffset.UtcNow.AddDays(-20), days: 10);
        Assert.Contains("expired on", Problem<InvalidDataException>());
        File.WriteAllText(certificate, goodCertificate);
        Assert.Contains("is not the key of", Problem<InvalidDataException>());
        File.WriteAllText(key, goodKey);
        File.WriteAllText(folder.AuthorityPath, _made.Authority("other").CertificatePem());
        Assert.Contains("was not signed by this cluster's authority", Problem<InvalidDataException>());
        File.WriteAllText(folder.AuthorityPath, "nothing");
        Assert.Contains("holds no certificate", Problem<InvalidDataException>());
        File.Delete(folder.AuthorityPath);
        var missing = Problem<IOException>();
        Assert.Contains("ca.crt is missing", missing);
        Assert.Contains("ism certs", missing);
    }

    [Fact]
    public void Should_be_found_in_a_home_or_workspace()
    {
        Assert.Null(TlsFolder.Find(_made.Root));
        Assert.Equal(_made.Folder("tls").Folder, TlsFolder.Find(_made.Root)!.Folder);
        Assert.Null(TlsFolder.Find(null));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("localhost", true)]
    [InlineData("10.0.0.7", false)]
    [InlineData("node7", false)]
    [InlineData("0.0.0.0", false)]
    public void Should_want_TLS_where_other_machines_reach_a_node(string host, bool isHere)
    {
        Assert.Equal(isHere, BeyondLoopback.Refusal(host, null, insecure: false) is null);
        Assert.Null(BeyondLoopback.Refusal(host, null, insecure: true));
        Assert.Null(BeyondLoopback.Refusal(host, new TlsFolder(_made.Root), insecure: false));
    }

    public void Dispose() => _made.Dispose();
}
