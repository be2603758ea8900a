using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Api;

public sealed class JobFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-files-").FullName;
    private readonly Workspace _workspace;

    public JobFilesTests()
    {
        _workspace = new Workspace(Path.Combine(_folder, "job"));
        foreach (var file in (string[])["metrics.jsonl", "model/config.json", "logs/trainer-0.log", "job.json", "ledger/journal.db", "api/token"])
        {
            var path = _workspace.At(file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "content");
        }

        File.WriteAllText(Path.Combine(_folder, "secret"), "outside");
        Directory.CreateDirectory(Path.Combine(_folder, "job-of-another", "model"));
        File.WriteAllText(Path.Combine(_folder, "job-of-another", "model", "weights"), "outside");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_show_what_the_job_has_made_and_nothing_else()
    {
        Assert.Equal(["logs/trainer-0.log", "metrics.jsonl", "model/config.json"], JobFiles.List(_workspace).Select(f => f.Path));
        Assert.Equal(7, JobFiles.List(_workspace)[0].Bytes);
        Assert.Equal(_workspace.At("model/config.json"), JobFiles.Find(_workspace, "model/config.json"));
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("model/../../secret")]
    [InlineData("model/../job.json")]
    [InlineData("model/../../job-of-another/model/weights")]
    [InlineData("model/../ledger/journal.db")]
    [InlineData("./metrics.jsonl")]
    [InlineData("job.json")]
    [InlineData("ledger/journal.db")]
    [InlineData("api/token")]
    [InlineData("/etc/passwd")]
    [InlineData("model//etc/passwd")]
    [InlineData("model\\..\\..\\secret")]
    [InlineData("model")]
    [InlineData("model/missing")]
    [InlineData("")]
    [InlineData("model/config.json\0.png")]
    public void Should_not_find_what_lies_elsewhere_or_is_not_for_everyone(string path) => Assert.Null(JobFiles.Find(_workspace, path));

    [Fact]
    public void Should_not_follow_links_out_of_the_workspace()
    {
        File.CreateSymbolicLink(_workspace.At("model/link"), Path.Combine(_folder, "secret"));
        Directory.CreateSymbolicLink(_workspace.At("logs/folder"), _folder);
        Assert.Null(JobFiles.Find(_workspace, "model/link"));
        Assert.Null(JobFiles.Find(_workspace, "logs/folder/secret"));
        Assert.DoesNotContain(JobFiles.List(_workspace), f => f.Path.Contains("secret", StringComparison.Ordinal));
    }
}
