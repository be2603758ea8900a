using Ism.Cluster.Home;
using Ism.Cluster.Membership;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Tests.Home;

public sealed class JobHomeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-home-").FullName;

    private JobHome Home => new(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_have_no_job_before_one_is_submitted()
    {
        Assert.Empty(Home.All());
        Assert.Null(Home.Current());
        Assert.Null(Home.Find("a"));
    }

    [Fact]
    public void Should_work_on_jobs_in_the_order_in_which_they_came()
    {
        var first = Home.Submit(Job("first"), "ann").Job;
        var second = Home.Submit(Job("second"), "bob").Job;
        Assert.Equal((HomeJobState.Current, HomeJobState.Queued), (first.State, second.State));
        Assert.Equal(first.Id, Home.Current()!.Id);
        End(first, null);
        Assert.Equal(second.Id, Home.Current()!.Id);
        End(second, "the disk is full");
        Assert.Null(Home.Current());
        Assert.Equal([HomeJobState.Complete, HomeJobState.Failed], Home.All().Select(j => j.State));
        Assert.Equal("the disk is full", Home.Find("second")!.Error);
    }

    [Fact]
    public void Should_keep_the_job_with_its_own_folder_as_workspace()
    {
        var job = Home.Submit(Job("a job!"), "ann").Job;
        Assert.StartsWith("a-job-", job.Id);
        var kept = new Workspace(job.Workspace).ReadJob();
        Assert.Equal(("a job!", job.Workspace), (kept.Name, kept.Workspace));
        Assert.Equal(("ann", true), (job.By, DateTimeOffset.UtcNow - job.Submitted < TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void Should_make_one_job_of_the_same_job_submitted_twice()
    {
        var first = Home.Submit(Job("a"), "ann");
        var again = Home.Submit(Job("a") with { Workspace = "elsewhere", Cluster = new ClusterOptions { Trainers = 9 } }, "bob");
        Assert.True(first.Accepted);
        Assert.False(again.Accepted);
        Assert.Equal(first.Job, again.Job);
        Assert.Single(Home.All());
        Assert.NotEqual(first.Job.Id, Home.Submit(Job("a") with { Seed = 99 }, "ann").Job.Id);
    }

    [Fact]
    public void Should_leave_a_complete_job_as_it_is()
    {
        var job = Home.Submit(Job("a"), "ann").Job;
        End(job, null);
        var again = Home.Submit(Job("a"), "ann");
        Assert.Equal((false, HomeJobState.Complete), (again.Accepted, again.Job.State));
        Assert.Contains("complete", again.Message);
        Assert.Null(Home.Current());
    }

    [Theory]
    [InlineData("a chunk failed")]
    [InlineData("cancelled by ann")]
    public void Should_queue_again_what_has_ended_without_its_result_behind_those_that_wait(string how)
    {
        var failed = Home.Submit(Job("a"), "ann").Job;
        File.WriteAllText(Path.Combine(failed.Workspace, "made"), "");
        Home.Submit(Job("b"), "ann");
        End(failed, how);
        var home = Home;
        Assert.Equal(["b"], home.All().Where(j => j.Ended is null).Select(j => j.Id.Split('-')[0]));
        var again = home.Submit(Job("a"), "ann");
        Assert.True(again.Accepted);
        Assert.Equal((failed.Id, HomeJobState.Queued), (again.Job.Id, again.Job.State));
        Assert.True(File.Exists(Path.Combine(failed.Workspace, "made")));
        Assert.Equal(["b", "a"], home.All().Select(j => j.Id.Split('-')[0]));
    }

    [Fact]
    public void Should_see_that_a_queued_job_was_cancelled()
    {
        Home.Submit(Job("a"), "ann");
        var waiting = Home.Submit(Job("b"), "ann").Job;
        Home.CancelQueued(waiting, "ann");
        var job = Home.Find("b")!;
        Assert.Equal((HomeJobState.Cancelled, "cancelled by ann before it began"), (job.State, job.Error));
    }

    [Fact]
    public void Should_find_a_job_by_the_beginning_of_its_id_and_name_those_it_may_be()
    {
        var long1 = Home.Submit(Job("long"), "ann").Job;
        Home.Submit(Job("longer"), "ann");
        Assert.Equal(long1.Id, Home.Find(long1.Id)!.Id);
        Assert.Contains("longer-", Assert.Throws<ArgumentException>(() => Home.Find("lon")).Message);
        Assert.Null(Home.Find(""));
    }

    [Fact]
    public void Should_pay_no_heed_to_files_that_are_no_entries()
    {
        var job = Home.Submit(Job("a"), "ann").Job;
        foreach (var stray in (string[])["notes", "x-a", "-a", "0000000a-b"])
        {
            File.WriteAllText(Path.Combine(_folder, "queue", stray), "rubbish");
        }

        Assert.Equal(job.Id, Assert.Single(Home.All()).Id);
    }

    [Fact]
    public async Task Should_make_one_job_of_many_that_submit_it_at_once()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() => Home.Submit(Job("a"), $"user-{i}"))));
        Assert.Single(all.Select(s => s.Job.Id).Distinct());
        Assert.Single(Home.All());
    }

    private static JobOptions Job(string name) => new() { Name = name };

    private static void End(HomeJob job, string? error) => EndedMarker.Write(job.Workspace, error);
}
