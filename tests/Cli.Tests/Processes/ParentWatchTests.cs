using System.Diagnostics;
using Ism.Cli.Processes;

namespace Ism.Cli.Tests.Processes;

public class ParentWatchTests
{
    [SkippableFact]
    public async Task Should_leave_no_child_behind_when_the_parent_is_killed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the kernel's signal at the parent's end is Linux's");
        using var visitors = new Visitors();
        using var parent = Start(ChildRoles.Parent, visitors.Port);
        var one = await visitors.NextAsync();
        var other = await visitors.NextAsync();
        var child = one.Pid == parent.Id ? other : one;
        Assert.NotEqual(parent.Id, child.Pid);

        parent.Kill();

        await child.GoneAsync();
    }

    [SkippableFact]
    public async Task Should_end_at_once_when_the_parent_is_another_process()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs getppid");
        using var visitors = new Visitors();
        using var orphan = Start(ChildRoles.Child, visitors.Port, ParentWatch.OptionName, "1");
        await orphan.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ExitCode.Failed, orphan.ExitCode);
        Assert.Contains("the process 1 that started this one is gone", await orphan.StandardError.ReadToEndAsync());
    }

    [Fact]
    public void Should_leave_arguments_alone_that_name_no_parent()
    {
        string[] args = ["config", "job.yaml"];
        Assert.Null(ParentWatch.Install(ref args));
        Assert.Equal(["config", "job.yaml"], args);
    }

    private static Process Start(params string[] arguments)
    {
        // Through `dotnet`, so that the program has to find its own dll when it starts children.
        var host = Environment.ProcessPath!;
        var info = new ProcessStartInfo(Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardError = true,
        };
        info.ArgumentList.Add(typeof(ChildRoles).Assembly.Location);
        Array.ForEach(arguments, info.ArgumentList.Add);
        return Process.Start(info)!;
    }
}
