using Ism.Coordinator.Api;

namespace Ism.Cli.Terminal;

/// <summary>Plain lines: when work begins, every few seconds, when it is done.</summary>
internal sealed class LineProgress(TextWriter writer, TimeProvider time) : ProgressDisplay
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private readonly TextWriter _writer = writer;
    private readonly TimeProvider _time = time;
    private readonly Lock _lock = new();

    public override IProgressTask Begin(string name, double total, string unit = "") => new Work(this, name, total, unit);

    public override void Note(string line)
    {
        lock (_lock)
        {
            _writer.WriteLine(line);
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Work(LineProgress display, string name, double total, string unit) : IProgressTask
    {
        private readonly ProgressRate _rate = new(display._time);
        private double _total = total;
        private double _done;
        private string _detail = "";
        private long? _printed;
        private bool _finished;

        public void Report(double done, double? total = null, string? detail = null)
        {
            lock (display._lock)
            {
                Take(done, total, detail);
                if (_printed is not { } last || display._time.GetElapsedTime(last) >= Every)
                {
                    Print("");
                }
            }
        }

        public void Finish(string? detail = null)
        {
            lock (display._lock)
            {
                if (_finished)
                {
                    return;
                }

                _finished = true;
                Take(_total > 0 ? _total : _done, null, detail);
                Print("done");
            }
        }

        private void Take(double done, double? total, string? detail)
        {
            _done = done;
            _total = total ?? _total;
            _detail = detail ?? _detail;
        }

        private void Print(string end)
        {
            _printed = display._time.GetTimestamp();
            var (rate, left, elapsed) = _rate.Update(_done, _total);
            List<string> parts = [$"{name,-12}"];
            parts.Add(_total > 0 ? $"{Figures.Number(_done)}/{Figures.Number(_total)} {unit}".TrimEnd() : $"{Figures.Number(_done)} {unit}".TrimEnd());
            if (_total > 0 && end.Length == 0)
            {
                parts.Add($"{Figures.Number(Math.Floor(100 * _done / _total))} %");
            }

            if (rate is { } r)
            {
                parts.Add($"{Figures.Number(r)}/s");
            }

            if (end.Length > 0)
            {
                parts.Add($"{end} in {Figures.Clock(elapsed)}");
            }
            else if (left is { } l)
            {
                parts.Add($"{Figures.Clock(l)} left");
            }

            parts.Add(_detail);
            display._writer.WriteLine(string.Join("  ", parts.Where(p => p.Length > 0)));
        }
    }
}
