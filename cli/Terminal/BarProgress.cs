using Ism.Coordinator.Api;
using Spectre.Console;

namespace Ism.Cli.Terminal;

/// <summary>Live bars on a terminal.</summary>
internal sealed class BarProgress : ProgressDisplay
{
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly TaskCompletionSource<ProgressContext> _context = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _drawing;

    public BarProgress()
    {
        _drawing = _console.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 24 },
                new PercentageColumn(),
                new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                _context.SetResult(context);
                await _end.Task.ConfigureAwait(false);
            });
    }

    // What the other columns take; a description that wraps would break them all into pieces.
    private const int OtherColumns = 44;
    private const int ShortestText = 20;

    public override IProgressTask Begin(string name, double total, string unit = "") =>
        new Bar(_context.Task.Result, name, total, unit, () => Math.Max(ShortestText, _console.Profile.Width - OtherColumns));

    public override void Note(string line) => _console.WriteLine(line);

    public override async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _drawing.ConfigureAwait(false);
    }

    private sealed class Bar : IProgressTask
    {
        private readonly Lock _lock = new();
        private readonly ProgressRate _rate = new(TimeProvider.System);
        private readonly ProgressTask _task;
        private readonly string _name;
        private readonly string _unit;
        private string _detail = "";
        private readonly Func<int> _width;
        private double _total;

        public Bar(ProgressContext context, string name, double total, string unit, Func<int> width)
        {
            _width = width;
            _name = name;
            _unit = unit;
            _total = total;
            _task = context.AddTask(Markup.Escape(name), maxValue: Math.Max(total, 1));
            _task.IsIndeterminate = total <= 0;
        }

        public void Report(double done, double? total = null, string? detail = null)
        {
            lock (_lock)
            {
                _total = total ?? _total;
                _detail = detail ?? _detail;
                _task.IsIndeterminate = _total <= 0;
                if (_total > 0)
                {
                    _task.MaxValue = _total;
                    // A bar at its end is closed by the library; only Finish closes ours.
                    _task.Value = Math.Min(done, _total * 0.9999);
                }

                var (rate, left, _) = _rate.Update(done, _total);
                var text = $"{_name,-12} {Figures.Number(done)}{(_total > 0 ? $"/{Figures.Number(_total)}" : "")} {_unit}".TrimEnd();
                text += rate is { } r ? $"  {Figures.Number(r)}/s" : "";
                text += left is { } l ? $"  {Figures.Clock(l)} left" : "";
                _task.Description = Cut(_detail.Length == 0 ? text : $"{text}  {_detail}");
            }
        }

        public void Finish(string? detail = null)
        {
            lock (_lock)
            {
                _detail = detail ?? _detail;
                _task.IsIndeterminate = false;
                _task.Value = _task.MaxValue;
                var text = $"{_name,-12} {(_total > 0 ? $"{Figures.Number(_total)} {_unit}" : "done")}".TrimEnd();
                _task.Description = Cut(_detail.Length == 0 ? text : $"{text}  {_detail}");
                _task.StopTask();
            }
        }

        private string Cut(string text)
        {
            var most = _width();
            return Markup.Escape(text.Length <= most ? text : $"{text[..(most - 1)]}…");
        }
    }
}
