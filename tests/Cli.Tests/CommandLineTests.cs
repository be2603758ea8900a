using System.CommandLine;
using System.Text.Json;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests;

public class CommandLineTests
{
    public static TheoryData<string> Verbs() => [.. Paths(CommandLine.Create(Context()), "")];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Should_explain_every_verb(string verb)
    {
        var run = await Invocation.Of([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Contains("Usage:", run.Output);
        Assert.Contains(verb, run.Output);
        Assert.Empty(run.Error);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Should_describe_every_option_and_argument(string verb)
    {
        Command command = CommandLine.Create(Context());
        foreach (var part in verb.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            command = command.Subcommands.Single(c => c.Name == part);
        }

        Assert.NotEmpty(command.Description!);
        Assert.All(command.Options, o => Assert.False(string.IsNullOrEmpty(o.Description), o.Name));
        Assert.All(command.Arguments, a => Assert.False(string.IsNullOrEmpty(a.Description), a.Name));
    }

    [Fact]
    public async Task Should_show_the_help_when_nothing_is_asked()
    {
        var run = await Invocation.Of();
        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Contains("config", run.Output);
    }

    [Theory]
    [InlineData("unknown verb 'confg'; did you mean 'config'? (see ism --help)", "confg")]
    [InlineData("unknown option '--jsn'; did you mean '--json'? (see ism config --help)", "config", "--jsn")]
    [InlineData("unknown argument 'b.yaml' (see ism config --help)", "config", "a.yaml", "b.yaml")]
    [InlineData("unknown option '--depth' (see ism config --help)", "config", "--depth")]
    [InlineData("verb 'scale': a whole number is needed, not 'x' (see ism scale --help)", "scale", "trainers", "x")]
    [InlineData("option '--tail': a whole number is needed, not '1.5' (see ism logs --help)", "logs", "--tail", "1.5")]
    [InlineData("Argument 'nodes' not recognized. Must be one of: 'trainers' 'featurizers' (see ism scale --help)", "scale", "nodes", "1")]
    public async Task Should_refuse_bad_usage_in_one_line(string message, params string[] args)
    {
        var run = await Invocation.Of(args);
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.Equal([$"ism: {message}"], run.Problems);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Should_say_each_problem_of_a_job_in_one_line_and_no_stack_trace()
    {
        var run = await Invocation.Of("config", "--set", "tuning.epochs=x", "--set", "seed=y");
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.Equal(
            [
                "ism: --set tuning.epochs=x: tuning.epochs: expected a number, got 'x'",
                "ism: --set seed=y: seed: expected a whole number, got 'y'",
            ],
            run.Problems);
    }

    [Fact]
    public async Task Should_show_the_exception_when_asked_to_debug()
    {
        var run = await Invocation.Of("config", "no-such.yaml", "--debug");
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.Contains("   at Ism.Cli", run.Error);
        Assert.Equal("ism: no-such.yaml: there is no such job file", run.Problems[^1].TrimEnd());
    }

    [Fact]
    public async Task Should_print_the_same_job_as_yaml_and_as_json()
    {
        string[] ask = ["config", "--set", "variant=demo", "--set", "tuning.epochs=3"];
        var json = await Invocation.Of([.. ask, "--json"]);
        Assert.Equal(ExitCode.Success, json.Code);
        var job = JobJson.Read(json.Output);
        Assert.Equal(3, job.Tuning.Epochs);

        var yaml = await Invocation.Of(ask);
        Assert.Contains("# Passes over the corpus", yaml.Output);
        Assert.Contains("epochs: 3  # --set tuning.epochs=3", yaml.Output);
        var again = Jobs.Layers.Resolve(yaml.Output);
        Assert.Equal(JobJson.Write(job), JobJson.Write(again.Job));
    }

    [Fact]
    public async Task Should_find_what_is_needed_on_the_machine_that_runs_the_tests()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"ism-doctor-{Guid.NewGuid():N}");
        var run = await Invocation.Of("doctor", "--json", "--workspace", folder);
        Assert.True(run.Code == ExitCode.Success, run.Output);
        Assert.False(Directory.Exists(folder), "looking leaves nothing behind");
        using var findings = JsonDocument.Parse(run.Output);
        var names = findings.RootElement.EnumerateArray().Select(f => f.GetProperty("name").GetString()).ToList();
        Assert.Empty(((string[])["version", "cores", "memory", "cpu", "libtorch", "torch bridge", "libtorch_cpu", "libtorch_cuda", "cudart",
            "gpu driver", "nccl", "sqlite", "workspace", "ports"]).Except(names));
        var bridge = findings.RootElement.EnumerateArray().Single(f => f.GetProperty("name").GetString() == "torch bridge");
        Assert.True(File.Exists(bridge.GetProperty("value").GetString()), "the path of a library is that of a file");
    }

    [Fact]
    public async Task Should_warn_where_a_library_is_named_that_is_not_there()
    {
        var folder = Path.GetTempPath();
        Environment.SetEnvironmentVariable("ISM_NCCL_LIBRARY", "/nowhere/libnccl.so.2");
        Environment.SetEnvironmentVariable("ISM_GPU_DRIVER_LIBRARY", "/nowhere/libcuda.so.1");
        try
        {
            var run = await Invocation.Of("doctor", "--workspace", folder);
            Assert.Equal(ExitCode.Success, run.Code);
            Assert.Matches("warning +nccl .*/nowhere/libnccl.so.2", run.Output);
            Assert.Matches("warning +gpu driver .*/nowhere/libcuda.so.1", run.Output);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ISM_NCCL_LIBRARY", null);
            Environment.SetEnvironmentVariable("ISM_GPU_DRIVER_LIBRARY", null);
        }
    }

    [Fact]
    public async Task Should_fail_the_doctor_where_the_workspace_cannot_be_written()
    {
        var file = Path.GetTempFileName();
        var run = await Invocation.Of("doctor", "--workspace", Path.Combine(file, "runs"));
        File.Delete(file);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("MISSING workspace", run.Output);
        Assert.Contains("--workspace", run.Output);
    }

    private static VerbContext Context() => new(TextWriter.Null, TextWriter.Null, Interruption.Silent());

    // What is hidden is for programs, and has no help.
    private static IEnumerable<string> Paths(Command command, string prefix) =>
        command.Subcommands.Where(c => !c.Hidden).SelectMany(c => Paths(c, $"{prefix} {c.Name}".Trim())).Prepend(prefix);
}
