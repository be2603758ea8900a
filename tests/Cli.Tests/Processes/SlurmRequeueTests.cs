using Ism.Cli.Processes;

namespace Ism.Cli.Tests.Processes;

/// <summary>With a script in the place of scontrol.</summary>
public sealed class SlurmRequeueTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-slurm-").FullName;

    [Fact]
    public async Task Should_do_nothing_outside_slurm() =>
        Assert.Null(await SlurmRequeue.TryAsync(null, Path.Combine(_folder, "none"), CancellationToken.None));

    [SkippableFact]
    public async Task Should_ask_scontrol_to_queue_the_job_again()
    {
        Skip.If(OperatingSystem.IsWindows(), "runs a shell script");
        var said = await SlurmRequeue.TryAsync("4711", Script("echo \"$@\" > \"$(dirname \"$0\")/asked\""), CancellationToken.None);

        Assert.Equal("Slurm job 4711 is queued again", said);
        Assert.Equal("requeue 4711", File.ReadAllText(Path.Combine(_folder, "asked")).Trim());
    }

    [SkippableFact]
    public async Task Should_say_why_it_could_not()
    {
        Skip.If(OperatingSystem.IsWindows(), "runs a shell script");
        var refused = await SlurmRequeue.TryAsync("4711", Script("echo 'Job is not requeueable' >&2; exit 3"), CancellationToken.None);
        var missing = await SlurmRequeue.TryAsync("4711", Path.Combine(_folder, "none"), CancellationToken.None);

        Assert.Contains("ended with 3: Job is not requeueable", refused);
        Assert.Contains(Path.Combine(_folder, "none"), missing);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Script(string body)
    {
        var path = Path.Combine(_folder, "scontrol");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
