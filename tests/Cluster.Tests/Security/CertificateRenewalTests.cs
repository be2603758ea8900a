using Ism.Cluster.Security;

namespace Ism.Cluster.Tests.Security;

public sealed class CertificateRenewalTests : IDisposable
{
    private const int Days = 100;
    private static readonly DateTimeOffset Made = DateTimeOffset.UtcNow;
    private readonly Certificates _made = new();

    [Fact]
    public void Should_come_near_the_end_of_a_certificate_and_at_another_time_for_each_node()
    {
        using var shown = Certificates.Read(_made.Folder("shown", made: Made, days: Days));
        using var next = Certificates.Read(_made.Folder("next", made: Made.AddDays(60), days: Days));
        var turns = Enumerable.Range(0, 32).Select(i => Enumerable.Range(0, Days * 24)
            .First(hour => CertificateRenewal.IsTime(shown, next, $"featurizer-{i}", Made.AddHours(hour)))).ToList();
        Assert.All(turns, hour => Assert.InRange(hour, (Days * 24 * 0.90) - 2, (Days * 24 * 0.95) + 2));
        Assert.True(turns.Distinct().Count() > 20, string.Join(' ', turns));
    }

    [Fact]
    public void Should_not_come_while_there_is_no_newer_one()
    {
        using var shown = Certificates.Read(_made.Folder("shown", made: Made, days: Days));
        using var older = Certificates.Read(_made.Folder("older", made: Made, days: Days - 1));
        foreach (var present in new[] { shown, older })
        {
            Assert.False(CertificateRenewal.IsTime(shown, present, "trainer-0", Made.AddDays(Days - 1)));
            Assert.False(CertificateRenewal.IsTime(shown, present, "trainer-0", Made.AddDays(Days + 1)));
        }
    }

    [Fact]
    public async Task Should_wait_for_a_renewed_certificate_and_say_why_it_is_time()
    {
        var folder = _made.Folder("node", made: DateTimeOffset.UtcNow.AddDays(-99), days: Days);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var waiting = CertificateRenewal.WaitAsync(folder, "trainer-0", TimeSpan.FromMilliseconds(10), patience.Token);
        Assert.False(waiting.IsCompleted);
        _made.Renew(folder);
        Assert.Contains($"ends on {DateTimeOffset.UtcNow.AddDays(1):yyyy-MM-dd}", await waiting);
    }

    public void Dispose() => _made.Dispose();
}
