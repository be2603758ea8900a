using Ism.Cli.Terminal;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Terminal;

public class RunDisplayTests
{
    private readonly StillTime _time = new();
    private readonly StringWriter _written = new() { NewLine = "\n" };
    private readonly RunDisplay _display;

    public RunDisplayTests() => _display = new RunDisplay(new LineProgress(_written, _time));

    private string[] Lines => _written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void Should_write_a_line_at_the_start_every_five_seconds_and_at_the_end()
    {
        Take(RunEventKind.Started, 0);
        for (var chunk = 1; chunk <= 20; chunk++)
        {
            _time.Advance(1);
            Take(RunEventKind.Progress, chunk);
        }

        Take(RunEventKind.Finished, 20);
        Assert.Equal(
            [
                "tokens        0/20 chunks  0 %",
                "tokens        5/20 chunks  25 %  1/s  0:15 left",
                "tokens        10/20 chunks  50 %  1/s  0:10 left",
                "tokens        15/20 chunks  75 %  1/s  0:05 left",
                "tokens        20/20 chunks  100 %  1/s",
                "tokens        20/20 chunks  1/s  done in 0:20",
            ],
            Lines);
    }

    [Fact]
    public void Should_count_the_rate_of_a_continued_stage_from_where_it_began()
    {
        Take(RunEventKind.Started, 500, 1000, RunStages.Tuning);
        _time.Advance(10);
        Take(RunEventKind.Progress, 520, 1000, RunStages.Tuning, new() { ["loss"] = 2.34567 });
        Assert.Equal("tuning        520/1000 steps  52 %  2/s  4:00 left  loss 2.346", Lines[^1]);
    }

    [Fact]
    public void Should_show_a_stage_whose_total_is_not_known_yet()
    {
        Take(RunEventKind.Started, 0, 0, RunStages.Catalogue);
        _time.Advance(6);
        Take(RunEventKind.Progress, 12, 0, RunStages.Catalogue);
        Assert.Equal("catalogue     12 structures  2/s", Lines[^1]);
    }

    [Fact]
    public void Should_pass_on_notes_and_warnings_and_keep_the_failure()
    {
        _display.Take(RunEvent.Now(RunEventKind.Note, message: "continuing from step 40"));
        _display.Take(RunEvent.Now(RunEventKind.Warning, RunStages.Tokens, message: "3 structures quarantined"));
        Assert.Equal("", _display.Failure);
        _display.Take(RunEvent.Now(RunEventKind.Failed, RunStages.Tuning, message: "the loss is not a number"));
        Assert.Equal("the loss is not a number", _display.Failure);
        Assert.Equal(
            ["continuing from step 40", "warning: tokens: 3 structures quarantined", "failed: tuning: the loss is not a number"],
            Lines);
    }

    [Fact]
    public void Should_tell_events_from_lines_of_a_log()
    {
        Assert.False(RunEvent.TryParse("[INFO] cluster up", out _));
        Assert.False(RunEvent.TryParse("{\"level\":\"info\"}", out _));
        Assert.False(RunEvent.TryParse("{ broken", out _));
        Assert.True(RunEvent.TryParse(RunEvent.Now(RunEventKind.Note, message: "hello").ToLine(), out var happened));
        Assert.Equal("hello", happened.Message);
    }

    [Fact]
    public void Should_carry_every_part_of_an_event_in_one_line()
    {
        var sent = RunEvent.Now(
            RunEventKind.Progress, RunStages.Tuning, 3, 9, "two\nlines \"quoted\"", new Dictionary<string, double> { ["loss"] = 0.1, ["bad"] = double.NaN });
        var line = sent.ToLine();
        Assert.DoesNotContain('\n', line);
        Assert.True(RunEvent.TryParse(line, out var received));
        Assert.Equal(sent with { Metrics = received.Metrics }, received);
        Assert.Equal(sent.Metrics, received.Metrics);
    }

    private void Take(RunEventKind kind, double done, double total = 20, string stage = RunStages.Tokens, Dictionary<string, double>? metrics = null) =>
        _display.Take(RunEvent.Now(kind, stage, done, total, metrics: metrics));
}
