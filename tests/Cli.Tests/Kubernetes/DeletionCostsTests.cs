using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ism.Cli.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ism.Cli.Tests.Kubernetes;

public sealed class DeletionCostsTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("ism-costs-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Should_tell_how_many_chunks_each_featurizer_holds_and_only_what_has_changed()
    {
        Leave("featurizer-a", "featurizer", "pod-a");
        Leave("featurizer-b", "featurizer", "pod-b");
        Leave("featurizer-outside", "featurizer", null);
        Leave("trainer-0", "trainer", "pod-t");
        var leases = new Dictionary<string, string> { ["featurizer-a:1"] = "4", ["featurizer-b:1"] = "0" };
        var told = new List<(string, string)>();
        var costs = new DeletionCosts(
            _home,
            (address, _) => leases.TryGetValue(address, out var n)
                ? Task.FromResult($"# TYPE x gauge\n{DeletionCosts.Metric} {n} 1700000000\n") : throw new HttpRequestException(),
            (pod, cost, _) =>
            {
                told.Add((pod, cost));
                return Task.FromResult(true);
            });

        await costs.LookAsync(CancellationToken.None);
        Assert.Equal([("pod-a", "4"), ("pod-b", "0")], told.Order());
        told.Clear();
        await costs.LookAsync(CancellationToken.None);
        Assert.Empty(told);

        leases["featurizer-b:1"] = "3";
        leases.Remove("featurizer-a:1");
        await costs.LookAsync(CancellationToken.None);
        Assert.Equal([("pod-b", "3")], told);
    }

    [Theory]
    [InlineData("ism_featurizer_leases 3 1700\n", "3")]
    [InlineData("ism_featurizer_leases{} 12\n", "12")]
    [InlineData("ism_featurizer_leases_total 5\n", null)]
    [InlineData("# HELP ism_featurizer_leases Chunks\n", null)]
    public void Should_read_the_metric(string text, string? expected) => Assert.Equal(expected, DeletionCosts.CostIn(text));

    [Fact]
    public async Task Should_ask_Kubernetes_for_nothing_but_the_annotation_of_a_pod()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kubernetes", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(_home, "ca.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_home, "namespace"), "proteins");
        File.WriteAllText(Path.Combine(_home, "token"), "first\n");
        var seen = new List<string>();
        await using var server = Server(certificate, async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen.Add($"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {context.Request.Headers.Authorization} {await reader.ReadToEndAsync()}");
            context.Response.StatusCode = context.Request.Path.Value!.EndsWith("gone", StringComparison.Ordinal) ? 404
                : context.Request.Path.Value.EndsWith("forbidden", StringComparison.Ordinal) ? 403 : 200;
        });
        await server.StartAsync();
        var port = new Uri(server.Urls.First()).Port;
        using var api = PodApi.InPod(n => n == "KUBERNETES_SERVICE_HOST" ? "127.0.0.1" : $"{port}", _home);

        Assert.True(await api.AnnotateAsync("pod-a", DeletionCosts.Annotation, "4", CancellationToken.None));
        File.WriteAllText(Path.Combine(_home, "token"), "second");
        Assert.False(await api.AnnotateAsync("gone", DeletionCosts.Annotation, "1", CancellationToken.None));
        var refused = await Assert.ThrowsAsync<IOException>(() => api.AnnotateAsync("forbidden", DeletionCosts.Annotation, "1", CancellationToken.None));
        Assert.Contains("needs the verb patch on pods in namespace proteins", refused.Message);
        Assert.Equal(
            """PATCH /api/v1/namespaces/proteins/pods/pod-a application/merge-patch+json; charset=utf-8 Bearer first {"metadata":{"annotations":{"controller.kubernetes.io/pod-deletion-cost":"4"}}}""",
            seen[0]);
        Assert.Contains("Bearer second", seen[1]);
    }

    [Fact]
    public void Should_say_what_is_missing_outside_of_a_pod()
    {
        Assert.Contains("KUBERNETES_SERVICE_HOST", Assert.Throws<UsageException>(() => PodApi.InPod(_ => null)).Message);
        Assert.Contains("service account", Assert.Throws<UsageException>(() => PodApi.InPod(_ => "1", _home)).Message);
    }

    private static WebApplication Server(X509Certificate2 certificate, RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(answer);
        return app;
    }

    private void Leave(string node, string role, string? pod)
    {
        var folder = Path.Combine(_home, "cluster", "metrics");
        Directory.CreateDirectory(folder);
        var label = pod is null ? "" : $",\"pod\":\"{pod}\"";
        File.WriteAllText(Path.Combine(folder, $"{node}.json"), $"[{{\"targets\":[\"{node}:1\"],\"labels\":{{\"node\":\"{node}\",\"role\":\"{role}\"{label}}}}}]");
    }
}
