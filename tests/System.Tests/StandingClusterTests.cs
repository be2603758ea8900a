using System.Text.Json;
using Ism.Coordinator.Api;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>A standing cluster, as its users have it: jobs are submitted to a queue and done one after the other, whoever dies.</summary>
[Collection(Runs.Collection)]
public sealed class StandingClusterTests(Runs runs, ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task Should_do_the_jobs_of_its_queue_with_the_same_nodes_while_they_are_killed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var home = runs.WorkspaceOf("home");
        using var serve = IsmProcess.Start(
            Runs.Paced(), "serve", "--home", home, "--api", "127.0.0.1:0", "--featurizers", "1", "--trainers", "1");
        await UntilAsync("an API", () => Task.FromResult(new ApiRecords(home).All().Count > 0), serve);

        var first = await SubmitAsync(home, "queued", reference);
        Assert.Equal(first, await SubmitAsync(home, "queued", reference));
        var second = await SubmitAsync(home, "queued", reference, "tuning.epochs=2");
        var third = await SubmitAsync(home, "queued", reference, "tuning.epochs=2", "seed=99");
        Assert.Equal(["current", "queued", "queued"], (await JobsAsync(home)).Select(j => j.State));
        output.WriteLine((await SayAsync(home, "cancel", "--job", third)).Trim());

        var workspace = Path.Combine(home, "jobs", first);
        await UntilAsync("a step", () => Task.FromResult(MetricsLines.LastTuningStep(workspace) >= 2), serve);
        NodeProcesses.Kill(home, "coordinator", 0);
        NodeProcesses.Kill(home, "featurizer", 0);
        await UntilAsync("the first job to be complete", async () => (await JobsAsync(home))[0].State == "complete", serve);
        FileComparison.Same(reference, new RunResult(workspace, serve.Output), "model", "*.safetensors", 1);

        var trainer = NodeProcesses.Signal(home, "trainer", 0, 0);
        await UntilAsync("the second job to be complete", async () => (await JobsAsync(home))[1].State == "complete", serve);
        Assert.Equal(trainer, NodeProcesses.Signal(home, "trainer", 0, 0));
        var jobs = await JobsAsync(home);
        Assert.Equal([(first, "complete"), (second, "complete"), (third, "cancelled")], jobs.Select(j => (j.Id, j.State)));
        Assert.Contains("finished report", await SayAsync(home, "logs", "--job", second));
        Assert.Contains("joined the cluster", await SayAsync(home, "logs", "--job", second, "--node", "trainer-0"), StringComparison.Ordinal);

        serve.RequestStop();
        Assert.Equal(0, await serve.ExitAsync(Soon));
        await NodeProcesses.NoneAsync(home, Soon);
    }

    // The job of other tests, with the model that their undisturbed run has made.
    private async Task<string> SubmitAsync(string home, string name, RunResult from, params string[] settings)
    {
        var said = await SayAsync(home, ["submit", .. runs.Arguments(name, from, 1, 1, settings)[1..].Where(IsNoNumberOfNodes), "--json"]);
        return JsonDocument.Parse(said.Split('\n').Single(line => line.StartsWith('{'))).RootElement.GetProperty("id").GetString()!;

        static bool IsNoNumberOfNodes(string argument) => argument is not ("--featurizers" or "--trainers" or "1");
    }

    private static async Task<JobSummary[]> JobsAsync(string home)
    {
        var (code, said) = await IsmVerb.RunAsync("jobs", "--json", "--home", home);
        return code == 0 ? JsonSerializer.Deserialize<JobSummary[]>(said.Split('\n').Single(line => line.StartsWith('[')), ApiJson.Options)! : [];
    }

    private static async Task<string> SayAsync(string home, params string[] arguments)
    {
        var (code, said) = await IsmVerb.RunAsync([.. arguments, "--home", home]);
        Assert.True(code == 0, $"`ism {string.Join(' ', arguments)}` ended with {code}: {said}");
        return said;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo, IsmProcess serve)
    {
        using var deadline = new CancellationTokenSource(Runs.RunDeadline);
        while (!await Tried(isSo))
        {
            Assert.False(serve.HasExited, $"`ism serve` ended while {what} was waited for:\n{serve.Output}");
            Assert.False(deadline.IsCancellationRequested, $"waited {Runs.RunDeadline.TotalSeconds:F0} s for {what}:\n{serve.Output}");
            await Task.Delay(500);
        }

        // A coordinator that was killed has left an address where nobody answers.
        static async Task<bool> Tried(Func<Task<bool>> isSo)
        {
            try
            {
                return await isSo();
            }
            catch (IndexOutOfRangeException)
            {
                return false;
            }
        }
    }
}
