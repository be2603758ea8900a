using Ism.Coordinator.Api;
using Ism.Coordinator.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Api;

public sealed class JobHistoryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Workspace _workspace = new(Directory.CreateTempSubdirectory("ism-history-").FullName);

    public void Dispose() => Directory.Delete(_workspace.Root, recursive: true);

    [Fact]
    public void Should_keep_events_over_coordinators_and_half_written_lines()
    {
        new EventLog(_workspace).Append(RunEvent.Now(RunEventKind.Note, message: "one"));
        File.AppendAllText(_workspace.At(Workspace.Events), "{\"kind\":\"No");
        new EventLog(_workspace).Append(RunEvent.Now(RunEventKind.Warning, message: "two"));
        var history = new JobHistory(_workspace);
        Assert.Equal(["one", "two"], history.Now().Recent.Select(e => e.Message));
        Assert.Equal(3, history.Events(0).Count);
        Assert.Contains("two", Assert.Single(history.Events(2)));
        Assert.Empty(history.Events(3));
        new EventLog(_workspace).Append(RunEvent.Now(RunEventKind.Note, message: "three"));
        Assert.Contains("three", Assert.Single(history.Events(3)));
    }

    [Fact]
    public void Should_keep_progress_once_a_second_and_its_end()
    {
        var log = new EventLog(_workspace);
        for (var i = 0; i <= 40; i++)
        {
            log.Append(Progress(i, 40, Start.AddSeconds(i * 0.1)));
        }

        Assert.Equal(["0", "10", "20", "30", "40"], new JobHistory(_workspace).Events(0).Select(line => RunEvent.TryParse(line, out var e) ? $"{e.Done}" : ""));
    }

    [Fact]
    public void Should_not_stop_a_job_when_the_disk_refuses()
    {
        Directory.CreateDirectory(_workspace.At(Workspace.Events));
        new EventLog(_workspace).Append(RunEvent.Now(RunEventKind.Note, message: "one"));
    }

    [Fact]
    public void Should_say_how_fast_a_stage_is_and_what_is_left()
    {
        var board = new StageBoard();
        board.Take(new RunEvent(RunEventKind.Started, RunStages.Tokens, 0, 100, "", new Dictionary<string, double>(), Start));
        board.Take(Progress(10, 100, Start.AddSeconds(5)));
        board.Take(Progress(20, 100, Start.AddSeconds(10)));
        var stage = Assert.Single(board.View());
        Assert.Equal(("tokens", "running", 20.0, 100.0, "chunks"), (stage.Name, stage.State, stage.Done, stage.Total, stage.Unit));
        Assert.Equal((2.0, 40.0), (stage.Rate!.Value, stage.SecondsLeft!.Value));
        board.Take(new RunEvent(RunEventKind.Finished, RunStages.Tokens, 100, 100, "done", new Dictionary<string, double>(), Start.AddSeconds(60)));
        stage = Assert.Single(board.View());
        Assert.Equal(("finished", Start.AddSeconds(60), "done"), (stage.State, stage.Finished!.Value, stage.Message));
        Assert.Null(stage.SecondsLeft);
    }

    [Fact]
    public void Should_keep_what_a_finished_stage_took_and_counted_when_another_coordinator_finds_it()
    {
        var board = new StageBoard();
        board.Take(Event(RunEventKind.Started, 0, 4, 0));
        board.Take(Event(RunEventKind.Progress, 2, 4, 6));

        // The coordinator dies; the next one begins the stage again, and a third only finds it.
        board.Take(Event(RunEventKind.Started, 0, 4, 100));
        board.Take(Event(RunEventKind.Finished, 4, 4, 103));
        board.Take(Event(RunEventKind.Finished, 0, 0, 500));
        var stage = Assert.Single(board.View());
        Assert.Equal((4.0, 4.0, 9.0, Start.AddSeconds(103)), (stage.Done, stage.Total, stage.SecondsTaken!.Value, stage.Finished!.Value));
        Assert.Equal("tokens finished (4 chunks)", StatusText.Stage(stage));
    }

    [Fact]
    public void Should_count_nothing_of_a_stage_that_has_counted_several_things()
    {
        var board = new StageBoard();
        board.Take(Event(RunEventKind.Started, 0, 0, 0));
        Assert.Equal("tokens runs", StatusText.Stage(Assert.Single(board.View())));
        board.Take(Event(RunEventKind.Progress, 3, 3, 1));
        board.Take(Event(RunEventKind.Finished, 0, 0, 2));
        Assert.Equal("tokens finished", StatusText.Stage(Assert.Single(board.View())));
    }

    [Fact]
    public void Should_make_no_rate_of_points_from_before_a_coordinator_changed()
    {
        var board = new StageBoard();
        board.Take(Progress(50, 100, Start));
        board.Take(Progress(20, 100, Start.AddSeconds(1)));
        Assert.Null(Assert.Single(board.View()).Rate);
        board.Take(Progress(30, 100, Start.AddSeconds(2)));
        Assert.Equal(10, Assert.Single(board.View()).Rate);
    }

    [Fact]
    public void Should_thin_steps_out_evenly_and_count_one_done_again_once()
    {
        var lines = Enumerable.Range(1, 100).Append(100).Select((step, i) =>
            $$"""{"stage":"s","step":{{step}},"loss":{{i}},"gradient_norm":1.5,"tokens_per_second":10,"seconds":2,"waiting":0.1,"world":2,"generation":1,"time":"2026-01-01T00:00:00Z"}""");
        File.WriteAllText(_workspace.At(Workspace.Metrics), string.Join('\n', lines.Append("""{"stage":"s","step":100,"refused":"NaN"}""").Append("half")));
        var history = new JobHistory(_workspace);
        var steps = history.Steps("s", -1, 10);
        Assert.Equal(10, steps.Count);
        Assert.Equal((1, 100, 100), (steps[0].Step, steps[^1].Step, (int)steps[^1].Loss));
        Assert.Equal([91, 92, 93, 94, 95, 96, 97, 98, 99, 100], history.Steps("", 90, 100).Select(s => (int)s.Step));
        Assert.Empty(history.Steps("another", -1, 10));
        Assert.Equal((100, 2, 0.1), (history.Now().Step!.Step, history.Now().Step!.World, history.Now().Step!.Waiting));
    }

    [Fact]
    public void Should_read_a_file_that_was_made_anew_from_its_beginning()
    {
        var path = _workspace.At("lines");
        var file = new FollowedFile(path);
        Assert.Empty(file.ReadNew());
        File.WriteAllText(path, "a\nb\nhal");
        Assert.Equal(["a", "b"], file.ReadNew());
        File.AppendAllText(path, "f\n");
        Assert.Equal(["half"], file.ReadNew());
        File.WriteAllText(path, "new\n");
        Assert.Equal(["new"], file.ReadNew());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100_000)]
    public void Should_give_the_last_lines_of_a_log(int lines)
    {
        var path = _workspace.At("log");
        File.WriteAllLines(path, Enumerable.Range(0, lines).Select(i => $"line {i}"));
        Assert.Equal([$"line {lines - 2}", $"line {lines - 1}"], LastLines.Of(path, 2));
        Assert.Equal(Math.Min(lines, 50_000), LastLines.Of(path, 50_000).Count);
    }

    private static RunEvent Event(RunEventKind kind, double done, double total, double second) =>
        new(kind, RunStages.Tokens, done, total, "", new Dictionary<string, double>(), Start.AddSeconds(second));

    private static RunEvent Progress(double done, double total, DateTimeOffset time) =>
        new(RunEventKind.Progress, RunStages.Tokens, done, total, "", new Dictionary<string, double>(), time);
}
