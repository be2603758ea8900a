using Ism.Cli.Verbs;
using Ism.Cluster.Membership;

namespace Ism.Cli.Tests;

public sealed class RunningWorkspacesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ism-running-").FullName;

    [Fact]
    public void Should_take_the_folder_given_when_a_job_runs_in_it()
    {
        var workspace = Running("somewhere");

        Assert.Equal(workspace, RunningWorkspaces.Find("somewhere", _root));
        Assert.Contains(_root, Assert.Throws<UsageException>(() => RunningWorkspaces.Find(_root, _root)).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("job")]
    [InlineData("runs/job")]
    public void Should_find_the_only_running_job(string folder)
    {
        var workspace = Running(folder);

        Assert.Equal(workspace, RunningWorkspaces.Find(null, _root));
    }

    [Fact]
    public void Should_name_the_jobs_when_several_run_and_pass_over_those_that_have_ended()
    {
        var (one, two) = (Running("one"), Running("runs/two"));

        var message = Assert.Throws<UsageException>(() => RunningWorkspaces.Find(null, _root)).Message;
        Assert.Contains(one, message);
        Assert.Contains(two, message);

        EndedMarker.Write(one, null);
        Assert.Equal(two, RunningWorkspaces.Find(null, _root));
        EndedMarker.Write(two, "it failed");
        Assert.Contains("no job runs", Assert.Throws<UsageException>(() => RunningWorkspaces.Find(null, _root)).Message);
        Assert.Contains("its job has ended (it failed)", Assert.Throws<UsageException>(() => RunningWorkspaces.Find(two, _root)).Message);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Running(string folder)
    {
        var workspace = folder.Length == 0 ? _root : Path.Combine(_root, folder);
        new MemberFiles(workspace).Write(new MemberRecord("coordinator-0", "coordinator", "akka.tcp://ism@127.0.0.1:1", 1));
        return workspace;
    }
}
