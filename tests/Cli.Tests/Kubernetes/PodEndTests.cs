using Ism.Cli.Slurm;
using Ism.Cli.Verbs;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>How a node ends that Kubernetes has numbered, and one that waits for jobs in vain.</summary>
public sealed class PodEndTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("ism-pod-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void Should_not_count_as_done_when_it_was_asked_to_leave()
    {
        using var asked = Interruption.Silent();
        Assert.Equal(ExitCode.Success, NodeVerb.CodeOfPod(ExitCode.Success, asked, _home));
        asked.InterruptAfterCheckpoint();
        Assert.True(SpinWait.SpinUntil(() => asked.CheckpointFirst.IsCancellationRequested, TimeSpan.FromSeconds(10)));
        Assert.Equal(ExitCode.AskedToLeave, NodeVerb.CodeOfPod(ExitCode.Success, asked, _home));
        Assert.Equal(ExitCode.Failed, NodeVerb.CodeOfPod(ExitCode.Failed, asked, _home));
    }

    [Fact]
    public void Should_count_as_done_when_the_job_was_over()
    {
        using var asked = Interruption.Silent();
        asked.Interrupt();
        Assert.True(SpinWait.SpinUntil(() => asked.Requested, TimeSpan.FromSeconds(10)));
        Assert.Equal(ExitCode.AskedToLeave, NodeVerb.CodeOfPod(ExitCode.Success, asked, _home));
        Ism.Cluster.Membership.EndedMarker.Write(_home, null);
        Assert.Equal(ExitCode.Success, NodeVerb.CodeOfPod(ExitCode.Success, asked, _home));
    }

    [Fact]
    public void Should_take_its_number_from_an_indexed_Job()
    {
        Assert.Equal(7, BatchTask.From(n => n == "JOB_COMPLETION_INDEX" ? "7" : null)!.Number);
        Assert.Null(BatchTask.From(n => n == "JOB_COMPLETION_INDEX" ? "" : null));
    }

    [Fact]
    public async Task Should_leave_when_no_job_has_come()
    {
        var waited = await Invocation.Of("node", "trainer", "--home", _home, "--until-idle", "0.2", "--number", "0");
        Assert.Equal((ExitCode.Success, ""), (waited.Code, waited.Error));
        Assert.Contains("trainer-0 ends: no job for 0 s", waited.Output);
    }

    [Fact]
    public async Task Should_refuse_to_wait_where_it_does_not()
    {
        var refused = await Invocation.Of("node", "trainer", "--workspace", _home, "--until-idle", "3");
        Assert.Equal(ExitCode.BadUsage, refused.Code);
        Assert.Contains("--until-idle is for nodes of a standing cluster", Assert.Single(refused.Problems));
        Assert.Contains("above 0", Assert.Single((await Invocation.Of("node", "trainer", "--home", _home, "--until-idle", "0")).Problems));
    }
}
