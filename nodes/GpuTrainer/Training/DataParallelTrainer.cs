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

    /// <summary>Whether gradients are reduced while the backward pass goes on, or after it. The result is the same to the bit.</summary>
    public bool OverlapReduction { get; init; } = true;

    /// <summary>Whether gradients go between ranks in bfloat16 (<see cref="HalfGradients"/>): half the bytes. A group of one moves, and
    /// rounds, nothing.</summary>
    public bool ReduceInHalf { get; init; }

    /// <summary>Elements a bucket of gradients has at least: smaller ones cost a round of messages each.</summary>
    public long BucketElements { get; init; } = 2 << 20;
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
    private readonly GradientNorm _norm;
    private readonly OverlappedReduction _reduction;

    /// <summary>Takes the objective's parameters into flat buffers. Train after <see cref="Join"/>.</summary>
    public DataParallelTrainer(IObjective<TSample> objective, DataParallelOptions options)
    {
        (_objective, _options) = (objective, options);
        State = new(objective.Parameters, options.Optimizer);
        _norm = new(State.Parameters.Gradients);
        _reduction = new(State.Parameters, new(State.Parameters, objective.CompletionOrder, options.BucketElements), options.ReduceInHalf);
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
    /// <param name="share">This rank's samples.</param>
    /// <param name="digest">What this rank adds to <see cref="StepResult.SamplesDigest"/>.</param>
    /// <param name="badInputs">Samples of this rank that cannot be used because their values are not finite or not readable: one on any
    /// rank is enough for all to refuse the step.</param>
    /// <exception cref="NonFiniteStepException">On all ranks; the state is unchanged.</exception>
    /// <exception cref="CollectiveException">A member failed; the state is that before the step, or after it when only the last
    /// exchange was hit elsewhere. Join the next generation.</exception>
    public StepResult Step(IReadOnlyList<TSample> share, ulong digest = 0, int badInputs = 0) => Guarded(() =>
    {
        var clock = new PhaseClock();
        var batches = badInputs > 0 ? [] : _objective.Collate(share);
        try
        {
            return Step(batches, new(share.Count, digest, badInputs), clock);
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
    public void Dispose()
    {
        _reduction.Dispose();
        _norm.Dispose();
        State.Dispose();
    }

    private StepResult Step(IReadOnlyList<IMicroBatch> batches, ShareCard card, PhaseClock clock)
    {
        var collated = clock.Lap();
        var (counts, total) = GlobalCounts(batches, card);
        if (total.BadInputs > 0)
        {
            throw Refusal(NonFiniteStepException.Input, double.NaN, card.BadInputs > 0, []);
        }

        var counted = clock.Lap();
        var empty = counts.AsSpan(0, _objective.Terms.Count).IndexOfAnyExcept(0) < 0;
        var refusal = new RefusalSearch<TSample>(_objective, State.Parameters, batches, card.Samples);
        State.Parameters.ZeroGradients();
        _objective.Refresh();
        _reduction.Begin(empty ? new SingleMember() : Group);
        var (sums, forward, backward) = ForwardBackward(batches, counts, refusal, clock);
        _reduction.Finish();
        Group.AllReduce<double>(sums);
        RequireFinite(sums, refusal);
        var reduced = clock.Lap();
        var rate = _options.Schedule.At(State.Step);
        var (norm, clipped) = empty ? (0, 0) : Update(rate, counts, refusal, clock);
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
            Counts = counts[..^1],
            UsefulTokens = counts[^1],
            Samples = total.Samples,
            SamplesDigest = total.Digest,
            Timings = new(collated, counted, forward, backward, reduced, clipped, clock.Lap()),
        };
    }

    // Counts per term, then useful tokens; and what the shares add up to. All over all ranks.
    private (long[] Counts, ShareCard Total) GlobalCounts(IReadOnlyList<IMicroBatch> batches, ShareCard card)
    {
        var counts = new long[_objective.Terms.Count + 4];
        foreach (var batch in batches)
        {
            for (var term = 0; term < batch.Counts.Count; term++)
            {
                counts[term] += batch.Counts[term];
            }

            counts[^4] += batch.UsefulTokens;
        }

        // A sum of 64-bit integers wraps, which is the digest's sum modulo 2^64.
        (counts[^3], counts[^2], counts[^1]) = (card.Samples, (long)card.Digest, card.BadInputs);
        Group.AllReduce<long>(counts);
        return (counts[..^3], new((int)counts[^3], (ulong)counts[^2], (int)counts[^1]));
    }

    // This rank's sums of losses per term; its gradients are left in the flat buffer. Losses are read once all is under way, so that the
    // device is not waited for between micro-batches.
    private (double[] Sums, double Forward, double Backward) ForwardBackward(
        IReadOnlyList<IMicroBatch> batches, long[] counts, RefusalSearch<TSample> refusal, PhaseClock clock)
    {
        var (forward, backward) = (clock.Lap(), 0.0);
        var losses = new List<torch.Tensor[]>();
        using var scope = torch.NewDisposeScope();
        for (var i = 0; i < batches.Count; i++)
        {
            using var inner = torch.NewDisposeScope();
            using var pass = _objective.BeginTraining(batches[i]);
            losses.Add([.. pass.Sums.Select(sum => sum.detach().clone().MoveToOuterDisposeScope())]);
            var loss = _objective.WeightedLoss(batches[i], pass.Sums, counts);
            forward += clock.Lap();
            if (loss is not null)
            {
                var last = i == batches.Count - 1 && _options.OverlapReduction;
                pass.Backward(loss, last ? _ => _reduction.Complete() : null);
            }

            backward += clock.Lap();
        }

        var totals = new double[_objective.Terms.Count];
        for (var i = 0; i < batches.Count; i++)
        {
            for (var term = 0; term < totals.Length; term++)
            {
                var sum = losses[i][term].ToDouble();
                refusal.Loss(batches[i], term, sum);
                totals[term] += sum;
            }
        }

        return (totals, forward, backward + clock.Lap());
    }

    private void RequireFinite(double[] sums, RefusalSearch<TSample> refusal)
    {
        for (var term = 0; term < sums.Length; term++)
        {
            if (!double.IsFinite(sums[term]))
            {
                var places = refusal.OfLoss(term);
                throw Refusal($"loss {_objective.Terms[term]}", sums[term], places is not null, places ?? []);
            }
        }
    }

    // All ranks hold the same bits, so they decide and compute the same. Returns the norm before clipping and the seconds until it was
    // known. The norm is waited for after the update is under way, which does nothing where it is not finite.
    private (double Norm, double Seconds) Update(double rate, long[] counts, RefusalSearch<TSample> refusal, PhaseClock clock)
    {
        using var scope = torch.NewDisposeScope();
        var measured = _norm.Measure();
        var fused = _options.ClipNorm > 0 && State.Parameters.Dtype == torch.ScalarType.Float32;
        var norm = fused && State.Parameters.Gradients.device_type != DeviceType.CPU ? double.NaN : measured.ToDouble();
        var seconds = clock.Lap();
        if (fused)
        {
            State.Optimizer.Step(rate, (measured, _options.ClipNorm));
            norm = measured.ToDouble();
        }

        if (!double.IsFinite(norm))
        {
            State.Optimizer.Updates -= fused ? 1 : 0;
            var places = refusal.OfGradient(counts);
            throw Refusal("gradient norm", norm, places is not null, places ?? []);
        }

        if (!fused)
        {
            GlobalNorm.Clip(State.Parameters.Gradients, norm, _options.ClipNorm);
            State.Optimizer.Step(rate);
        }

        return (norm, seconds);
    }

    // All ranks refuse together, so they can tell each other where it was.
    private NonFiniteStepException Refusal(string what, double value, bool here, IReadOnlyList<int> places)
    {
        var ranks = Group.AllGather<long>([here ? 1 : 0]);
        return new(State.Step, what, value, [.. Enumerable.Range(0, ranks.Length).Where(rank => ranks[rank] != 0)]) { Places = places };
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
            _reduction.Abandon();
            throw;
        }
    }

    // What a share adds to the counts beside its terms.
    private readonly record struct ShareCard(int Samples, ulong Digest, int BadInputs);
}
