using Ism.Cli.Terminal;
using Ism.Coordinator.Api;
using Spectre.Console;

namespace Ism.Cli.Tests.Terminal;

public class WatchTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Should_say_only_what_is_new()
    {
        var lines = new WatchLines();
        var first = lines.Of(View(3, ["trainer-0"], ["one"]));
        Assert.Equal("a-1: runs; training tune", first[0]);
        Assert.Equal("nodes: trainer-0", first[1]);
        Assert.EndsWith("one", first[2]);
        Assert.Equal("tuning 3 of 10 steps; loss 2.5, 1,000 tokens/s, waiting 0.0 %", first[3]);
        Assert.Empty(lines.Of(View(3, ["trainer-0"], ["one"])));
        var next = lines.Of(View(4, ["trainer-1"], ["one", "two"]));
        Assert.Equal(["trainer-1 is there", "trainer-0 is gone"], next.Take(2));
        Assert.EndsWith("two", next[2]);
        Assert.StartsWith("tuning 4 of 10", next[3]);
    }

    [Fact]
    public void Should_say_once_that_nobody_answers()
    {
        var lines = new WatchLines();
        Assert.Equal(["nobody; trying again"], lines.Away("nobody"));
        Assert.Empty(lines.Away("nobody"));
        lines.Of(View(1, [], []));
        Assert.Single(lines.Away("nobody"));
    }

    [Fact]
    public void Should_draw_a_screen_on_which_foreign_text_is_no_markup()
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 100;
        StepView[] steps = [.. Enumerable.Range(1, 20).Select(i => Step(i, 10.0 / i))];
        console.Write(WatchScreen.Of(View(5, ["trainer-0"], ["[red]not red[/] [broken"]), steps, "gone", Start.AddSeconds(9), 100, 30));
        foreach (var part in (string[])["a-1: runs", "no coordinator answers", "5 of 10 steps", "1,000 tokens/s", "█", "nodes: trainer-0", "0:09 ago  [red]not red[/] [broken"])
        {
            Assert.Contains(part, text.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Should_not_tell_the_last_step_of_a_stage_before_as_if_it_were_now()
    {
        var tuning = View(0, ["trainer-0"], []);
        var view = tuning with { Stages = [tuning.Stages[0] with { Started = Start.AddSeconds(1) }] };
        Assert.Equal("tuning 0 of 10 steps", new WatchLines().Of(view)[^1]);
        Assert.Equal("runs", StatusText.State(view));
        Assert.DoesNotContain("loss", Drawn(view, [], 100, 30));
    }

    [Fact]
    public void Should_count_nodes_that_have_no_room_and_name_those_that_are_not_up()
    {
        var view = View(5, [.. Enumerable.Range(0, 30).Select(i => $"trainer-{i}")], []);
        var lost = view with { Nodes = [.. view.Nodes.SkipLast(1), view.Nodes[^1] with { Status = "unreachable" }] };
        Assert.Contains("nodes: 29 trainer(s), trainer-29 (unreachable)", Drawn(lost, [], 80, 30));
    }

    [Theory]
    [InlineData(40, 12)]
    [InlineData(60, 10)]
    [InlineData(100, 14)]
    public void Should_fit_a_small_terminal_and_keep_the_newest_lines(int width, int height)
    {
        StepView[] steps = [.. Enumerable.Range(1, 200).Select(i => Step(i, 10.0 / i))];
        string[] said = [.. Enumerable.Range(1, 20).Select(i => $"line {i} of {new string('x', 90)}")];
        var view = View(5, ["trainer-0", "trainer-1", new string('n', 90)], said);
        view = view with { Stages = [view.Stages[0] with { Name = "autoencoder", Done = 12345, Total = 60000, Rate = 25.7, SecondsLeft = 2310 }] };
        var lines = Drawn(view, steps, width, height).TrimEnd().Split('\n');
        Assert.InRange(lines.Length, 6, height - 1);
        Assert.All(lines, l => Assert.InRange(l.TrimEnd().Length, 1, width));
        Assert.Contains("line 20 of", lines[^1]);
    }

    [Theory]
    [InlineData(new double[] { }, "")]
    [InlineData(new double[] { 3 }, "▁")]
    [InlineData(new double[] { 0, 7, double.NaN, 14 }, "▁▅█")]
    [InlineData(new double[] { 0, 0, 0, 0, 1, 1, 1, 1 }, "▁▁██")]
    public void Should_draw_values_as_bars_of_a_line(double[] values, string line) => Assert.Equal(line, WatchScreen.Sparkline(values, 4));

    private static string Drawn(JobView view, StepView[] steps, int width, int height)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Write(WatchScreen.Of(view, steps, null, Start, width, height));
        return text.ToString();
    }

    private static StepView Step(long step, double loss) => new("tune", step, loss, 1, 1e-4, 1000, 0, 1, 1, 1, Start);

    private static JobView View(double done, string[] nodes, string[] said) => new()
    {
        Job = new JobSummary("a-1", "a", "current", 0, Start, "ann", null, null),
        Live = true,
        Stages = [new StageView("tuning", "running", done, 10, "steps", null, null, Start, null, new Dictionary<string, double>(), "")],
        Training = Step((long)done, 2.5),
        Nodes = [.. nodes.Select(n => new NodeView(n, "trainer", n, "up"))],
        Recent = [.. said.Select((text, i) => new EventView(i, "note", "", text, Start))],
    };
}
