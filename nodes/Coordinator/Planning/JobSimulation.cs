using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Planning;

/// <summary>
/// A job played through in virtual time, event by event: the real ledger leases chunks in the real order to featurizers that work, die and
/// return; the training group takes its steps in the real order of samples as soon as their chunks are committed. Only times are made up:
/// those of <see cref="PlannedJob"/>. The same plan and seed give the same course.
/// </summary>
public sealed class JobSimulation
{
    private const double WaitingAllowed = 0.01;
    private static readonly DateTime Start = DateTime.UnixEpoch;

    // No lease ends by itself: what is lost is told.
    private static readonly TimeSpan LeaseTime = TimeSpan.FromDays(3650);
    private readonly PlannedJob _job;
    private readonly StepChunks _chunks;
    private readonly LedgerState _ledger;
    private readonly PriorityQueue<Action, (double Time, long Number)> _events = new();
    private readonly SimulatedFeaturizers _featurizers;
    private readonly HashSet<int> _missing = [];
    private readonly long _steps;
    private double _now;
    private double _committing;
    private double _featurized;
    private double _firstStep = double.NaN;
    private double _waiting;
    private double _freeSince;
    private long _step = -1;
    private long _lastEvent;

    private JobSimulation(PlannedJob job, StepChunks chunks)
    {
        (_job, _chunks) = (job, chunks);
        _ledger = new LedgerState(chunks.Order, LeaseTime);
        _ledger.Apply(_ledger.Open());
        _steps = (long)Math.Ceiling(job.Structures * job.Epochs / job.GlobalBatch);
        _featurizers = new SimulatedFeaturizers(job, After, OnWorked, OnDead, OnPresent);
    }

    /// <summary>Plays a job through.</summary>
    public static PlannedCourse Run(PlannedJob job) => new JobSimulation(job, new StepChunks(job)).Run(double.PositiveInfinity)!;

    /// <summary>The fewest featurizers with which the trainers stand still for less than a hundredth of the time after their first step.
    /// </summary>
    public static (int Featurizers, PlannedCourse Course) FewestFeaturizers(PlannedJob job, int most = 4096)
    {
        var chunks = new StepChunks(job);
        var steps = Math.Ceiling(job.Structures * job.Epochs / job.GlobalBatch);
        // As soon as the trainers have stood still for so long, it is more than allowed, whatever comes.
        var allowed = WaitingAllowed / (1 - WaitingAllowed) * steps * job.StepSeconds;
        // Those that are needed in the mean; from there outwards, in growing steps.
        var needed = job.GlobalBatch / Math.Max(1e-9, job.StructuresPerSecond * job.StepSeconds);
        var middle = (int)Math.Clamp(Math.Ceiling(needed), 1, most);
        var (tooFew, enough, course) = (0, most, Try(middle));
        var step = Math.Max(1, middle / 8);
        if (course is null)
        {
            for (tooFew = middle; tooFew < most && course is null; step *= 2)
            {
                middle = Math.Min(most, tooFew + step);
                course = Try(middle);
                (tooFew, enough) = course is null ? (middle, most) : (tooFew, middle);
            }
        }
        else
        {
            for (enough = middle; enough > 1 && tooFew == 0; step *= 2)
            {
                middle = Math.Max(1, enough - step);
                (tooFew, enough, course) = Try(middle) is { } fewer ? (0, middle, fewer) : (middle, enough, course);
            }
        }

        while (tooFew + 1 < enough)
        {
            middle = (tooFew + enough) / 2;
            (tooFew, enough, course) = Try(middle) is { } fewer ? (tooFew, middle, fewer) : (middle, enough, course);
        }

        return (enough, course ?? new JobSimulation(job with { Featurizers = enough }, chunks).Run(double.PositiveInfinity)!);

        PlannedCourse? Try(int featurizers) => new JobSimulation(job with { Featurizers = featurizers }, chunks).Run(allowed);
    }

    // Null when the trainers wait for longer than that.
    private PlannedCourse? Run(double mostWaiting)
    {
        _featurizers.Begin();
        NextStep();
        while (_step < _steps || !_ledger.IsComplete)
        {
            if (_waiting > mostWaiting)
            {
                return null;
            }

            if (!_events.TryDequeue(out var happens, out var at))
            {
                throw new InvalidOperationException($"nothing happens any more after {_now:F0} s: {_ledger.Totals}, step {_step} of {_steps}");
            }

            _now = at.Time;
            happens();
        }

        return _waiting > mostWaiting ? null : new PlannedCourse(
            _firstStep, _featurized, _freeSince, _waiting, 1 - (_featurizers.Busy / (_featurized * _job.Featurizers)), _featurizers.Deaths);
    }

    private void After(double seconds, Action happens) => _events.Enqueue(happens, (_now + seconds, _lastEvent++));

    private void LeaseMore()
    {
        foreach (var lease in _ledger.LeaseNext(_job.LeasesPerFeaturizer, Start.AddSeconds(_now)))
        {
            _featurizers.Take(lease);
        }
    }

    private void OnWorked(Lease lease)
    {
        _committing = Math.Max(_now, _committing) + _job.CommitSeconds;
        After(_committing - _now, () =>
        {
            var finished = new ChunkFinished
            {
                WorkId = "simulated",
                Chunk = lease.Chunk,
                LeaseEpoch = lease.Epoch,
                Sha256 = "",
                Structures = _job.ChunkSize,
                Quarantined = 0,
                Residues = 0,
                Seconds = 0,
            };
            if (_ledger.Finish(finished) is not { } committed)
            {
                return;
            }

            _ledger.Apply(committed);
            _featurized = _now;
            LeaseMore();
            if (_missing.Remove(lease.Chunk) && _missing.Count == 0)
            {
                BeginStep();
            }
        });
    }

    private void OnDead(string node)
    {
        _ledger.Gone(node);
        LeaseMore();
    }

    private void OnPresent(string node)
    {
        _ledger.Present(node, []);
        LeaseMore();
    }

    private void NextStep()
    {
        _freeSince = _now;
        if (++_step >= _steps)
        {
            return;
        }

        if (_ledger.IsComplete && _step > 0 && _job.MeanLife <= 0)
        {
            // Nobody waits or dies any more.
            _freeSince = _now + ((_steps - _step) * _job.StepSeconds);
            _step = _steps;
            return;
        }

        foreach (var chunk in _chunks.Of(_step))
        {
            if (_ledger.CommitOf(chunk) is null)
            {
                _missing.Add(chunk);
            }
        }

        if (_missing.Count == 0)
        {
            BeginStep();
        }
    }

    private void BeginStep()
    {
        if (_step == 0)
        {
            _firstStep = _now;
        }
        else
        {
            _waiting += _now - _freeSince;
        }

        After(_job.StepSeconds, NextStep);
    }
}
