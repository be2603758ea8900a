using System.Collections.Concurrent;
using Ism.Cli.Processes;

namespace Ism.Cli.Tests.Processes;

public sealed class ProcessGroupTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly ProgramCommand Shell = new("/bin/sh", ["-c"]);
    private readonly string _workspace = Directory.CreateTempSubdirectory("ism-group-").FullName;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly List<ProcessGroup> _groups = [];

    public Task InitializeAsync()
    {
        Skip.If(OperatingSystem.IsWindows(), "the children are shell scripts");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var group in _groups)
        {
            await group.DisposeAsync();
        }

        Directory.Delete(_workspace, recursive: true);
    }

    [SkippableFact]
    public async Task Should_hand_on_standard_output_line_by_line_and_log_standard_error()
    {
        var member = Group(Shell).StartAsGiven(Script("echo one; echo two; echo to the log >&2"));
        Assert.Equal(0, await member.Exited.WaitAsync(Limit));
        Assert.Equal(["featurizer-1 one", "featurizer-1 two"], _lines);
        Assert.Equal(Path.Combine(_workspace, "logs", "featurizer-1.log"), member.LogPath);
        Assert.Contains("to the log", await File.ReadAllTextAsync(member.LogPath));
    }

    [SkippableFact]
    public async Task Should_name_a_child_that_died_with_its_exit_code_and_the_end_of_its_log()
    {
        var group = Group(Shell);
        var lasting = group.StartAsGiven(Script("exec sleep 100") with { Role = "trainer", Number = 0 });
        group.StartAsGiven(Script("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo line $i >&2; done; echo out of luck >&2; exit 7"));
        var dead = await group.WaitForAnyExitAsync().WaitAsync(Limit);
        Assert.Equal("featurizer-1", dead.Name);
        var said = dead.DescribeEnd();
        Assert.Contains($"featurizer-1 (process {dead.Pid}) failed with exit code 7", said);
        Assert.EndsWith("out of luck", said);
        Assert.Contains(dead.LogPath, said);
        Assert.DoesNotContain("line 2\n", said);
        Assert.False(lasting.Exited.IsCompleted);
    }

    [SkippableTheory]
    [InlineData("echo one >&2; echo 'ism: no port; name another' >&2; echo later >&2; exit 2", "no port; name another")]
    [InlineData("echo one >&2; echo two >&2; exit 2", "two")]
    public async Task Should_repeat_what_the_program_said_it_ended_of(string script, string words)
    {
        var member = Group(Shell).StartAsGiven(Script(script));
        Assert.Equal(2, await member.Exited.WaitAsync(Limit));
        Assert.Equal(words, member.LastWords());
    }

    [SkippableFact]
    public async Task Should_name_the_signal_that_ended_a_child()
    {
        var member = Group(Shell).StartAsGiven(Script("kill -9 $$"));
        Assert.Equal(137, await member.Exited.WaitAsync(Limit));
        Assert.Contains("was killed (signal 9", member.DescribeEnd());
    }

    [SkippableFact]
    public async Task Should_pass_environment_and_arguments_as_they_are()
    {
        var member = Group(new ProgramCommand("/bin/sh", ["-c", "echo \"$ISM_TEST\" \"$1\" \"$2\"", "sh"])).StartAsGiven(
            new NodeStart("featurizer", 1, ["a b", "$c \"d\""], new Dictionary<string, string> { ["ISM_TEST"] = "x y" }));
        await member.Exited.WaitAsync(Limit);
        Assert.Equal(["featurizer-1 x y a b $c \"d\""], _lines);
    }

    [SkippableFact]
    public async Task Should_add_its_own_process_id_to_the_arguments()
    {
        var member = Group(new ProgramCommand("/bin/sh", ["-c", "echo \"$@\"", "sh"])).Start(new NodeStart("featurizer", 1, ["node"]));
        await member.Exited.WaitAsync(Limit);
        Assert.Equal([$"featurizer-1 node --parent-pid {Environment.ProcessId}"], _lines);
    }

    [SkippableFact]
    public async Task Should_stop_politely_where_a_child_answers()
    {
        var group = Group(Shell);
        var ready = new TaskCompletionSource();
        _onLine = _ => ready.TrySetResult();
        var member = group.StartAsGiven(Script("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done"));
        await ready.Task.WaitAsync(Limit);
        _onLine = _ => { };
        Assert.Empty(await group.StopAsync(Limit));
        Assert.Equal(3, await member.Exited);
        Assert.Contains("featurizer-1 bye", _lines);
        Assert.Throws<InvalidOperationException>(() => group.StartAsGiven(Script("true")));
    }

    [SkippableFact]
    public async Task Should_kill_a_child_that_does_not_answer_after_the_deadline()
    {
        using var visitors = new Visitors();
        var group = Group(new ProgramCommand("dotnet", [typeof(ChildRoles).Assembly.Location]));
        var member = group.Start(new NodeStart("trainer", 0, [ChildRoles.StubbornChild, visitors.Port]));
        var visitor = await visitors.NextAsync();
        Assert.Equal(member.Pid, visitor.Pid);
        var late = await group.StopAsync(TimeSpan.FromMilliseconds(300));
        Assert.Equal([member], late);
        Assert.Equal(137, await member.Exited.WaitAsync(Limit));
        await visitor.GoneAsync();
    }

    [SkippableFact]
    public async Task Should_end_children_at_once_on_a_second_interrupt()
    {
        int? exit = null;
        var interruption = Interruption.Silent(exit: code => exit = code);
        var group = Group(Shell, interruption);
        var member = group.StartAsGiven(Script("exec sleep 100"));
        interruption.Interrupt();
        Assert.Null(exit);
        interruption.Interrupt();
        Assert.Equal(137, await member.Exited.WaitAsync(Limit));
        Assert.Equal(ExitCode.Failed, exit);
    }

    [SkippableFact]
    public void Should_say_which_executable_cannot_be_started()
    {
        var error = Assert.Throws<IOException>(() => Group(new ProgramCommand("/no/such/program", [])).StartAsGiven(Script("")));
        Assert.Contains("featurizer-1 cannot be started: /no/such/program", error.Message);
    }

    private Action<string> _onLine = _ => { };

    private static NodeStart Script(string text) => new("featurizer", 1, [text]);

    private ProcessGroup Group(ProgramCommand program, Interruption? interruption = null)
    {
        var group = new ProcessGroup(
            _workspace,
            (member, line) =>
            {
                _lines.Enqueue($"{member.Name} {line}");
                _onLine(line);
            },
            interruption,
            program);
        _groups.Add(group);
        return group;
    }
}
