using System.Globalization;
using System.Net;
using Ism.Cluster.Home;
using Ism.Coordinator.Api;
using Ism.Coordinator.Web;
using Ism.Corpus;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Web;

/// <summary>A home with jobs as runs leave them, served with the page.</summary>
internal sealed class PreparedHome : IAsyncDisposable
{
    public const string Token = "0123456789abcdef0123456789abcdef";

    /// <summary>Foreign text that must stay text.</summary>
    public const string Hostile = "<script>alert('x')</script><img src=http://elsewhere.invalid/x onerror=alert(1)>\"'&";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private PreparedHome(JobHome home, HomeJob job) => (Home, Job) = (home, job);

    public JobHome Home { get; }

    public HomeJob Job { get; }

    public Workspace Workspace => new(Job.Workspace);

    private List<ApiServer> Servers { get; } = [];

    /// <summary>A job in the middle of its tuning, and one that waits.</summary>
    public static PreparedHome Create(int steps = 60)
    {
        var home = new JobHome(Directory.CreateTempSubdirectory("ism-page-").FullName);
        var job = home.Submit(new JobOptions { Name = "first" }, "ann").Job;
        home.Submit(new JobOptions { Name = "second" }, Hostile);
        var prepared = new PreparedHome(home, job);
        prepared.WriteEvents(steps);
        prepared.WriteSteps("autoencoder-1", 1, 5);
        prepared.WriteSteps("structure-tuning", 1, steps);
        prepared.WriteTokens();
        return prepared;
    }

    /// <summary>Serves it; each call is another coordinator.</summary>
    public async Task<ApiServer> ServeAsync(string node = "coordinator-0")
    {
        var options = new ApiOptions
        {
            NodeId = node,
            Folder = Home.Folder,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Token = Token,
            RequestsPerSecond = 10_000,
        };
        var server = await ApiServer.StartAsync(
            options, new ApiJobs(new HomePlaces(Home), new JobDoor()), new NoJobs(), new WebPage(), CancellationToken.None);
        Servers.Add(server);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(Home.Folder, recursive: true);
    }

    public void WriteSteps(string stage, int from, int to)
    {
        var lines = Enumerable.Range(from, to - from + 1).Select(step => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"stage":"{{stage}}","step":{{step}},"loss":{{2 + (6.0 / step)}},"gradient_norm":{{1 + (1.0 / step)}},"learning_rate":{{1e-4 * step}},"tokens_per_second":{{5000 + (10 * (step % 7))}},"seconds":1,"waiting":0.0{{step % 9}},{{(stage == "structure-tuning" ? "\"share_of_peak\":0.4," : "")}}{{(step == 30 ? "\"outlier\":{\"loss\":{\"value\":9}}," : "")}}"world":2,"generation":3,"time":"2026-01-01T12:{{step / 60 % 60:00}}:{{step % 60:00}}Z"}"""));
        File.AppendAllLines(Workspace.At(Workspace.Metrics), lines);
        if (stage == "structure-tuning")
        {
            File.AppendAllLines(Workspace.At(Workspace.Metrics), Enumerable.Range(1, 3).Select(i => string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"stage":"{{{stage}}}","step":{{{i * to / 3}}},"evaluation":{"mlm.accuracy":0.{{{i}}},"mlm.loss":{{{4 - i}}}},"time":"2026-01-01T12:30:00Z"}""")));
        }
    }

    private void WriteEvents(int steps)
    {
        var log = new List<RunEvent>
        {
            Event(RunEventKind.Finished, RunStages.Catalogue, 8, 8, "8 structures", 0),
            Event(RunEventKind.Note, "", 0, 0, "generation 1: trainer-0 (trainers are there)", 1),
            Event(RunEventKind.Note, "", 0, 0, "generation 2: trainer-0, trainer-1 (a trainer came)", 4),
            Event(RunEventKind.Started, RunStages.Tokens, 0, 4, "", 5),
            Event(RunEventKind.Progress, RunStages.Tokens, 2, 4, "", 6),
            Event(RunEventKind.Started, RunStages.Tuning, 0, 4 * steps, "excluded token: token 2: 17 % of its residues are under pLDDT 50", 7),
            Event(RunEventKind.Progress, RunStages.Tuning, steps / 2, 4 * steps, "", 20),
            Event(RunEventKind.Progress, RunStages.Tuning, steps, 4 * steps, "", 30),
            Event(RunEventKind.Warning, "", 0, 0, $"a structure is called {Hostile}", 31),
        };
        File.WriteAllLines(Workspace.At(Workspace.Events), log.Select(e => e.ToLine()));
    }

    private void WriteTokens()
    {
        var folder = Workspace.At(Workspace.Tokens, "corpus-0000-1111");
        Directory.CreateDirectory(folder);
        for (var chunk = 0; chunk < 2; chunk++)
        {
            TokenFileWriter.Write(
                TokenFile.PathOf(folder, chunk),
                new TokenFileHeader("c0ffee", chunk, new PositionRange(2 * chunk, 2), "abc", "0.1.0", ["autoencoder"]),
                [new TokenRow { Position = 2 * chunk, Name = $"p{chunk}", Chain = "A", Sequence = "ACDE", Tokens = [[0, 1, 2, 2]] }],
                [new QuarantinedStructure((2 * chunk) + 1, Hostile, "Empty", $"nothing in {Hostile}")]);
        }
    }

    private static RunEvent Event(RunEventKind kind, string stage, double done, double total, string message, int second) =>
        new(kind, stage, done, total, message, new Dictionary<string, double>(), Start.AddSeconds(second));

    private sealed class NoJobs : IJobReader
    {
        public JobReading Read(string text, IReadOnlyList<string> sets, bool thoroughly) => new(null, ["none are taken here"], []);
    }
}
