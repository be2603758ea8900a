using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>Where the stages of a job stand, from its events in their order. Not thread-safe.</summary>
public sealed class StageBoard
{
    private static readonly TimeSpan RateOver = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, Stage> _stages = [];

    /// <summary>Takes the next event.</summary>
    public void Take(RunEvent happened)
    {
        if (happened.Kind is not (RunEventKind.Started or RunEventKind.Progress or RunEventKind.Finished) || happened.Stage.Length == 0)
        {
            return;
        }

        if (!_stages.TryGetValue(happened.Stage, out var stage))
        {
            _stages[happened.Stage] = stage = new Stage { Started = happened.Time };
        }

        stage.Take(happened);
    }

    /// <summary>The stages that have begun, in the order of a job.</summary>
    public IReadOnlyList<StageView> View() =>
    [
        .. _stages.OrderBy(s => RunStages.All.ToList().IndexOf(s.Key)).Select(s => s.Value.View(s.Key, RunStages.UnitOf(s.Key))),
    ];

    private sealed class Stage
    {
        private readonly Queue<(DateTimeOffset Time, double Done)> _points = [];
        private double _done;
        private double _total;
        private string _message = "";
        private IReadOnlyDictionary<string, double> _metrics = new Dictionary<string, double>();
        private DateTimeOffset? _finished;
        private TimeSpan _spent;
        private DateTimeOffset? _since;
        private DateTimeOffset _last;

        public required DateTimeOffset Started { get; init; }

        public void Take(RunEvent happened)
        {
            // The next coordinator finds a finished stage in the workspace; that it says so changes nothing.
            if (_finished is not null && happened is { Kind: RunEventKind.Finished, Done: 0, Total: 0 })
            {
                return;
            }

            Count(happened);
            // A new coordinator begins where the files are: its points make no rate together with the old one's.
            if (happened.Kind == RunEventKind.Started || happened.Done < _done)
            {
                _points.Clear();
            }

            _finished = happened.Kind == RunEventKind.Finished ? happened.Time : null;
            if (happened.Kind != RunEventKind.Started || happened.Done > 0)
            {
                _done = happened.Done;
            }

            _total = happened.Total > 0 ? happened.Total : _total;
            _message = happened.Message.Length > 0 ? happened.Message : _message;
            _metrics = happened.Metrics.Count > 0 ? happened.Metrics : _metrics;
            _points.Enqueue((happened.Time, _done));
            while (_points.Count > 2 && happened.Time - _points.Peek().Time > RateOver)
            {
                _points.Dequeue();
            }
        }

        // Between the last word of a coordinator that died and the first of the next one nothing was done.
        private void Count(RunEvent happened)
        {
            if (happened.Kind == RunEventKind.Started)
            {
                _spent += _since is { } before ? _last - before : TimeSpan.Zero;
                _since = happened.Time;
            }

            _since ??= happened.Kind == RunEventKind.Progress ? happened.Time : null;
            _last = happened.Time;
            if (happened.Kind == RunEventKind.Finished)
            {
                _spent += _since is { } since ? happened.Time - since : TimeSpan.Zero;
                _since = null;
            }
        }

        public StageView View(string name, string unit)
        {
            var rate = Rate();
            double? left = _finished is null && rate > 0 && _total > _done ? (_total - _done) / rate : null;
            return new StageView(
                name, _finished is null ? "running" : "finished", _done, _total, unit, rate, left, Started, _finished, _metrics, _message,
                _finished is null ? null : _spent.TotalSeconds);
        }

        private double? Rate()
        {
            if (_finished is not null || _points.Count < 2)
            {
                return null;
            }

            var (from, to) = (_points.First(), _points.Last());
            var seconds = (to.Time - from.Time).TotalSeconds;
            return seconds > 0 && to.Done > from.Done ? (to.Done - from.Done) / seconds : null;
        }
    }
}
