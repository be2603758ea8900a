using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Tests.Hosting;

public sealed class JournalVariableTests : IDisposable
{
    public void Dispose() => Environment.SetEnvironmentVariable(JournalVariable.Name, null);

    [Fact]
    public void Should_give_its_journal_to_jobs_that_name_none()
    {
        var job = new JobOptions();
        var own = job with { Cluster = job.Cluster with { Journal = "Host=own" } };
        Assert.Same(job, JournalVariable.Over(job));
        Environment.SetEnvironmentVariable(JournalVariable.Name, "Host=all");
        Assert.Equal("Host=all", JournalVariable.Over(job).Cluster.Journal);
        Assert.Equal("Host=own", JournalVariable.Over(own).Cluster.Journal);
    }
}
