using System.Runtime.InteropServices;
using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

public class VisibleGpuTests
{
    [Theory]
    [InlineData(null, "2")]
    [InlineData("0,1,2,3", "2")]
    [InlineData("4, 5, GPU-61d4, 7", "GPU-61d4")]
    // Slurm has given each task its own already; nothing is visible on purpose.
    [InlineData("3", null)]
    [InlineData("", null)]
    public void Should_take_the_gpu_of_its_local_number(string? visible, string? expected) =>
        Assert.Equal(expected, VisibleGpu.For(Task(2, 4), visible));

    [Fact]
    public void Should_choose_nothing_for_one_that_is_alone()
    {
        Assert.Null(VisibleGpu.For(null, "0,1"));
        Assert.Null(VisibleGpu.For(Task(0, 1), "0,1"));
        Assert.Null(VisibleGpu.For(Task(null, null), "0,1"));
    }

    [Fact]
    public void Should_refuse_more_ranks_than_gpus() =>
        Assert.Contains("rank 2 of 4", Assert.Throws<UsageException>(() => VisibleGpu.For(Task(2, 4), "0,1")).Message);

    [SkippableFact]
    public void Should_change_what_native_libraries_see()
    {
        Skip.If(OperatingSystem.IsWindows(), "reads the environment by libc");
        var before = Environment.GetEnvironmentVariable(VisibleGpu.Variable);
        Environment.SetEnvironmentVariable(VisibleGpu.Variable, "6,7");
        try
        {
            Assert.Contains("takes GPU 7", VisibleGpu.Choose(Task(1, 2)));
            Assert.Equal("7", Marshal.PtrToStringUTF8(Native.GetVariable(VisibleGpu.Variable)));
            Assert.Null(VisibleGpu.Choose(Task(1, 2)));
        }
        finally
        {
            Environment.SetEnvironmentVariable(VisibleGpu.Variable, before);
            _ = Native.RemoveVariable(VisibleGpu.Variable);
        }
    }

    private static BatchTask Task(int? local, int? count) => new("test", local ?? 0, local, count, false, false);
}

/// <summary>The environment as libc has it.</summary>
internal static partial class Native
{
    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetVariable(string name);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveVariable(string name);
}
