using Ism.Cluster.Home;
using Ism.Cluster.Palette;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Palette;

/// <summary>The palette's actor over a job as a coordinator runs it: its answers come from the job's own state.</summary>
public sealed class PaletteActorTests(ServedPalette served) : IClassFixture<ServedPalette>
{
    [Fact]
    public async Task Should_say_where_the_job_stands()
    {
        var lines = await served.AnswerAsync("status");
        Assert.Equal($"{served.Job.Id}: runs", lines[0]);
        Assert.Contains(lines, l => l.StartsWith("  tokens", StringComparison.Ordinal) && l.Contains("0 of 2 chunks", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("  nodes:", StringComparison.Ordinal) && l.EndsWith("; coordinator-0 drives the job", StringComparison.Ordinal));
        Assert.Equal(lines[0], (await served.AnswerAsync("status", ("-j", served.Job.Id[..4])))[0]);
    }

    [Fact]
    public async Task Should_list_nodes_with_their_rank_and_how_many_are_wanted()
    {
        var lines = await served.AnswerAsync("nodes");
        Assert.Equal(["node", "role", "status", "rank", "address"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("drives the job", Assert.Single(lines, l => l.StartsWith("coordinator-0", StringComparison.Ordinal)));
        Assert.StartsWith("wanted: ", lines[^1]);
    }

    [Fact]
    public async Task Should_count_chunks_by_state_and_say_who_holds_which()
    {
        var lease = await served.LeasedAsync();
        var lines = await served.AnswerAsync("chunks");
        Assert.Equal(
            ["work", "kind", "chunks", "waiting", "leased", "done", "failing", "structures", "quarantined"],
            lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var cells = Assert.Single(lines.Skip(1)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([lease.Work.WorkId, "tokenise", "2", "0", "2", "0", "0", "0", "0"], cells);

        // The table's columns stand below their heads, numbers to the right.
        Assert.Equal(lines[0].IndexOf("chunks", StringComparison.Ordinal) + "chunks".Length, lines[1].IndexOf(" 2 ", StringComparison.Ordinal) + 2);
        served.Accept(lease);
        var detailed = await served.UntilAsync(
            () => served.AnswerAsync("chunks", ("-w", lease.Work.WorkId)), l => l.Count == 3);
        Assert.Equal($"coordinator-0 holds chunk {lease.Key.Chunk}", detailed[2]);
    }

    [Fact]
    public async Task Should_list_generations_and_only_as_many_as_are_asked_for()
    {
        var all = await served.AnswerAsync("generations");
        Assert.Equal(3, all.Count);
        Assert.Equal(["1", "1", "trainer-0"], Cells(all[1])[..1].Concat(Cells(all[1])[3..5]));
        Assert.EndsWith("trainer-0, trainer-1  trainer-1 joined", all[2]);
        var last = await served.AnswerAsync("generations", ("-n", "1"));
        Assert.Equal([all[0], all[2], "1 before these; -n 2 shows all"], last);
    }

    [Fact]
    public async Task Should_pause_resume_and_scale_the_job_itself()
    {
        Assert.StartsWith("the job is paused:", Assert.Single(await served.AnswerAsync("pause")));
        Assert.StartsWith("the job is paused already", Assert.Single(await served.AnswerAsync("pause")));
        Assert.Equal($"{served.Job.Id}: paused", (await served.AnswerAsync("status"))[0]);
        Assert.Contains("the newest checkpoint is the one before", Assert.Single(await served.AnswerAsync("checkpoint")));
        Assert.Equal("the job goes on", Assert.Single(await served.AnswerAsync("resume")));
        Assert.Equal("the job goes on; it was not paused", Assert.Single(await served.AnswerAsync("resume")));
        Assert.Single(await served.AnswerAsync("status"), l => l.Contains(" paused by ", StringComparison.Ordinal));
        Assert.Equal("5 featurizer(s) are wanted", Assert.Single(await served.AnswerAsync("scale", ("-r", "featurizers"), ("--number", "5"))));
        Assert.EndsWith(" 5 featurizer(s)", (await served.AnswerAsync("nodes"))[^1]);
        Assert.Contains("nothing is being trained", Assert.Single(await served.AnswerAsync("checkpoint")));
    }

    [Theory]
    [InlineData("status -x 1", "status takes no -x; it takes -j (job)")]
    [InlineData("scale -n 3", "scale needs -r: trainers or featurizers")]
    [InlineData("scale -r coordinators -n 3", "scale -r coordinators: use trainers or featurizers")]
    [InlineData("scale -r trainers -n 0", "scale -n 0: a whole number from 1 on is needed")]
    [InlineData("generations -n -4", "generations -n -4: a whole number from 1 on is needed")]
    [InlineData("generations -n 1 -n 2", "generations was given -n twice")]
    [InlineData("status -j other", "no such job: other is none of ")]
    [InlineData("chunks -w none", "no work 'none' is open; open are ")]
    [InlineData("stop", "there is no command 'stop'; there are status, nodes, ")]
    public async Task Should_say_what_is_wrong_with_a_command(string typed, string says)
    {
        var words = typed.Split(' ');
        var answer = await served.AskAsync(words[0], [.. words.Skip(1).Chunk(2).Select(w => (w[0], w[1]))]);
        var line = Assert.Single(answer);
        Assert.True(line.IsError);
        Assert.StartsWith(says, line.Text);
    }

    [Fact]
    public async Task Should_say_that_no_job_runs()
    {
        var home = new JobHome(Directory.CreateTempSubdirectory("ism-palette-").FullName);
        var palette = served.Open(new ApiJobs(new HomePlaces(home), new JobDoor()));
        Assert.All(
            await Task.WhenAll(IsmPalette.Verbs.Select(v => served.AskAsync(
                palette, v.Name, v.Name == "scale" ? [("-r", "trainers"), ("-n", "1")] : []))),
            lines => Assert.Equal("no job runs: none was submitted yet; `ism submit JOB.yaml` does it", Assert.Single(lines).Text));

        var job = home.Submit(new JobOptions { Name = "first" }, "ann").Job;
        Assert.Contains("on its way to a coordinator", Assert.Single(await served.AskAsync(palette, "nodes")).Text);
        Assert.Contains("not in the cluster", Assert.Single(await served.AskAsync(palette, "pause", ("-j", job.Id))).Text);
        Directory.Delete(home.Folder, recursive: true);
    }

    private static string[] Cells(string line) => line.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
}
