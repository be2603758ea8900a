using System.Diagnostics;
using Ism.Collectives;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Training;

/// <summary>Settings of <see cref="DataParallelTrainer{TSample}"/>.</summary>
public sealed record DataParallelOptions
{
    /// <summary>The learning rate of each step.</summary>
    public required CosineSchedule Schedule { get; init; }

    /// <summary>Settings of the optimizer.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>The gradient is scaled down to this global L2 norm; 0 switches it off.</summary>
    public double ClipNorm { get; init; } = 1;
}

/// <summary>
/// The training loop of one rank over any objective. Every mean is over the GLOBAL count of its term: ranks first add up their
/// counts, divide their sums of losses by them, and then add up gradients, so the result is that of one rank whatever the number
/// of ranks and micro-batches. One thread owns it and never awaits inside a call. Does not own objective or group.
/// </summary>
/// <typeparam name="TSample">Element of the global batch.</typeparam>
public sealed class DataParallelTrainer<TSample> : IDisposable
{
    private readonly IObjective<TSample> _objective;
    private readonly DataParallelOptions _options;

    /// <summary>Takes the objective's parameters into flat buffers. Train after <see cref="Join"/>.</summary>
    public DataParallelTrainer(IObjective<TSample> objective, DataParallelOptions options)
    {
        (_objective, _options) = (objective, options);
        State = new(objective.Parameters, options.Optimizer);
    }

    /// <summary>Weights, moments and step.</summary>
    public TrainingState State { get; }

    /// <summary>The group of the current generation; a group of one until <see cref="Join"/>.</summary>
    public ICollectiveGroup Group { get; private set; } = new SingleMember();

    /// <summary>Enters a new generation and takes over the state of the member that got furthest.</summary>
    /// <returns>The rank whose state all have now.</returns>
    /// <exception cref="SynchronisationException">The members train different parameters, or none holds a whole
    /// state.</exception>
    /// <exception cref="CollectiveException">A member failed; join the next generation.</exception>
    public int Join(ICollectiveGroup group)
    {
        Group = group;
        return Guarded(() => State.Synchronise(group));
    }

    /// <summary>
    /// One step over this rank's share of the global batch. Every rank takes part, one with an empty share too. A global batch
    /// without any position to learn from changes nothing but the step number.
    /// </summary>
    /// <exception cref="NonFiniteStepException">On all ranks; the state is unchanged.</exception>
    /// <exception cref="CollectiveException">A member failed; the state is that before the step, or after it when only the last
    /// exchange was hit elsewhere. Join the next generation.</exception>
    public StepResult Step(IReadOnlyList<TSample> share) => Guarded(() =>
    {
        var clock = new PhaseClock();
        var batches = _objective.Collate(share);
        try
        {
            return Step(batches, share.Count, clock);
        }
        finally
        {
            foreach (var batch in batches)
            {
                batch.Dispose();
            }
        }
    });

    /// <summary>Goes past a step without an update, e.g. after <see cref="NonFiniteStepException"/>. All ranks must do the
    /// same.</summary>
    public void SkipStep() => State.Step++;

    /// <summary>The objective's metrics over all ranks' shares, added up; the same on every rank.</summary>
    public IReadOnlyList<MetricTotal> Evaluate(IReadOnlyList<TSample> share) => Guarded(() =>
    {
        var totals = new MetricTotals();
        var batches = _objective.Collate(share);
        try
        {
            using var noGrad = torch.no_grad();
            foreach (var batch in batches)
            {
                using var scope = torch.NewDisposeScope();
                totals.Add(_objective.Evaluate(batch));
            }
        }
        finally
        {
            foreach (var batch in batches)
            {
                batch.Dispose();
            }
        }

        return totals.Reduce(Group);
    });

    /// <inheritdoc/>
    public void Dispose() => State.Dispose();

    private StepResult Step(IReadOnlyList<IMicroBatch> batches, int samples, PhaseClock clock)
    {
        var collated = clock.Lap();
        var counts = GlobalCounts(batches, samples);
        var counted = clock.Lap();
        State.Parameters.ZeroGradients();
        var sums = ForwardBackward(batches, counts);
        var computed = clock.Lap();
        Group.AllReduce<double>(sums);
        RequireFinite(sums);
        var empty = counts.AsSpan(0, _objective.Terms.Count).IndexOfAnyExcept(0) < 0;
        if (!empty)
        {
            Group.AllReduce(State.Parameters.Gradients);
        }

        var reduced = clock.Lap();
        var rate = _options.Schedule.At(State.Step);
        var norm = empty ? 0 : Update(rate);
        var losses = sums.Select((sum, term) => counts[term] == 0 ? (double?)null : sum / counts[term]).ToArray();
        return new()
        {
            Step = State.Step++,
            LearningRate = rate,
            Updated = !empty,
            Terms = _objective.Terms,
            Losses = losses,
            TotalLoss = losses.Select((loss, term) => (loss ?? 0) * _objective.TermWeights[term]).Sum(),
            GradientNorm = norm,
            Counts = counts[..^2],
            UsefulTokens = counts[^2],
            Samples = counts[^1],
            Timings = new(collated, counted, computed, reduced, clock.Lap()),
        };
    }

    // Counts per term, then useful tokens and samples, over all ranks.
    private long[] GlobalCounts(IReadOnlyList<IMicroBatch> batches, int samples)
    {
        var counts = new long[_objective.Terms.Count + 2];
        foreach (var batch in batches)
        {
            for (var term = 0; term < batch.Counts.Count; term++)
            {
                counts[term] += batch.Counts[term];
            }

            counts[^2] += batch.UsefulTokens;
        }

        counts[^1] = samples;
        Group.AllReduce<long>(counts);
        return counts;
    }

    // This rank's sums of losses per term; its gradients are left in the flat buffer.
    private double[] ForwardBackward(IReadOnlyList<IMicroBatch> batches, long[] counts)
    {
        var totals = new double[_objective.Terms.Count];
        foreach (var batch in batches)
        {
            using var scope = torch.NewDisposeScope();
            var sums = _objective.ForwardSums(batch);
            torch.Tensor? loss = null;
            for (var term = 0; term < totals.Length; term++)
            {
                totals[term] += sums[term].ToDouble();
                if (batch.Counts[term] > 0 && _objective.TermWeights[term] != 0)
                {
                    var part = sums[term] * (_objective.TermWeights[term] / counts[term]);
                    loss = loss is null ? part : loss + part;
                }
            }

            loss?.backward();
        }

        return totals;
    }

    private void RequireFinite(double[] sums)
    {
        for (var term = 0; term < sums.Length; term++)
        {
            if (!double.IsFinite(sums[term]))
            {
                throw new NonFiniteStepException(State.Step, $"loss {_objective.Terms[term]}", sums[term]);
            }
        }
    }

    // All ranks hold the same bits, so they decide and compute the same. Returns the norm before clipping.
    private double Update(double rate)
    {
        var norm = GlobalNorm.Of(State.Parameters.Gradients);
        if (!double.IsFinite(norm))
        {
            throw new NonFiniteStepException(State.Step, "gradient norm", norm);
        }

        GlobalNorm.Clip(State.Parameters.Gradients, norm, _options.ClipNorm);
        State.Optimizer.Step(rate);
        return norm;
    }

    // What goes wrong on this rank alone (out of memory, a broken sample) must not leave the others waiting for it. What all
    // ranks conclude alike needs no abort, which could reach a rank that has not got that far.
    private T Guarded<T>(Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception problem)
            when (problem is not (CollectiveException or NonFiniteStepException or SynchronisationException))
        {
            Group.Abort(problem.Message);
            throw;
        }
    }

    private sealed class PhaseClock
    {
        private long _last = Stopwatch.GetTimestamp();

        public double Lap()
        {
            var now = Stopwatch.GetTimestamp();
            var seconds = Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
            _last = now;
            return seconds;
        }
    }
}
