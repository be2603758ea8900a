using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Ism.Cluster.Membership;
using Ism.Coordinator.Api;
using Ism.System.Tests.Processes;

namespace Ism.System.Tests;

/// <summary>A standing cluster whose every connection is secret, and one that cannot begin.</summary>
[Collection(Runs.Collection)]
public sealed class TlsClusterTests(Runs runs)
{
    private const string TlsVariable = "ISM_TLS";
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task Should_do_a_job_with_TLS_between_all_and_answer_only_who_knows_the_authority()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var (home, tls) = (runs.WorkspaceOf("tls-home"), runs.WorkspaceOf("tls"));
        var (made, said) = await IsmVerb.RunAsync("certs", "--out", tls, "--name", "localhost");
        Assert.True(made == 0, said);
        var environment = new Dictionary<string, string> { [TlsVariable] = tls };
        using var serve = IsmProcess.Start(environment, "serve", "--home", home, "--api", "127.0.0.1:0", "--featurizers", "1", "--trainers", "2");
        await UntilAsync("an API", () => new ApiRecords(home).All().Count > 0, serve);
        Assert.StartsWith("https://127.0.0.1:", new ApiRecords(home).All()[0].Url, StringComparison.Ordinal);

        var submit = runs.Arguments("tls-job", reference, 1, 2, "tuning.epochs=2", "cluster.trainers=2", "tuning.evaluateEvery=0");
        var id = JsonDocument.Parse((await SayAsync(environment, 0, ["submit", .. WithoutNodes(submit), "--json", "--home", home]))
            .Split('\n').Single(line => line.StartsWith('{'))).RootElement.GetProperty("id").GetString()!;
        Assert.Contains("--tls", await SayAsync([], 1, "jobs", "--home", home));
        var workspace = Path.Combine(home, "jobs", id);
        await UntilAsync("the members", () => new MemberFiles(workspace).All().Count == 4, serve);
        Assert.All(new MemberFiles(workspace).All(), m => Assert.StartsWith("akka.ssl.tcp://", m.Address, StringComparison.Ordinal));
        // Past the API, as a member of the cluster would.
        Assert.Contains("TLS", await SayAsync([], 1, "pause", "--workspace", workspace));
        await UntilAsync("the end of the job", () => EndedMarker.TryRead(workspace) is not null, serve);
        Assert.Null(EndedMarker.TryRead(workspace)!.Error);
        Assert.Contains(id, await SayAsync(environment, 0, "jobs", "--home", home));
        Assert.Contains("connections use TLS", File.ReadAllText(Path.Combine(home, "logs", "trainer-1.log")));

        serve.RequestStop();
        Assert.Equal(0, await serve.ExitAsync(Soon));
        await NodeProcesses.NoneAsync(home, Soon);
    }

    [SkippableFact]
    public async Task Should_end_when_the_port_of_its_API_is_taken()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var home = runs.WorkspaceOf("taken-home");
        using var serve = IsmProcess.Start("serve", "--home", home, "--api", $"{taken.LocalEndpoint}", "--coordinators", "2");
        Assert.Equal(1, await serve.ExitAsync(Soon));
        Assert.Contains("coordinator-0 cannot be started", serve.Output);
        Assert.Contains("name another port", serve.Output);
        await NodeProcesses.NoneAsync(home, Soon);
    }

    private static IEnumerable<string> WithoutNodes(string[] arguments) =>
        arguments[1..].Where(argument => argument is not ("--featurizers" or "--trainers" or "1" or "2"));

    private static async Task<string> SayAsync(Dictionary<string, string> environment, int code, params string[] arguments)
    {
        using var verb = IsmProcess.Start(environment, arguments);
        var ended = await verb.ExitAsync(Soon);
        Assert.True(ended == code, $"`ism {string.Join(' ', arguments)}` ended with {ended} instead of {code}: {verb.Output}");
        return verb.Output;
    }

    private static async Task UntilAsync(string what, Func<bool> isSo, IsmProcess serve)
    {
        using var deadline = new CancellationTokenSource(Runs.RunDeadline);
        while (!isSo())
        {
            Assert.False(serve.HasExited, $"`ism serve` ended while {what} was waited for:\n{serve.Output}");
            Assert.False(deadline.IsCancellationRequested, $"waited {Runs.RunDeadline.TotalSeconds:F0} s for {what}:\n{serve.Output}");
            await Task.Delay(200);
        }
    }
}
