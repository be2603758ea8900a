using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Tests.Training;
using Ism.GpuTrainer.Training;

namespace Ism.GpuTrainer.Tests.Stages;

public sealed class RefusedStepTests : IDisposable
{
    private readonly LineStage _stage = new();

    public void Dispose() => _stage.Dispose();

    /// <summary>What is put into rank 1's second micro-batch (its fourth and fifth place, with an empty one before).</summary>
    public static TheoryData<string, string, long[]> Faults => new()
    {
        { "nan", "loss fit", [19, 20] },
        { "infinite", "loss fit", [19, 20] },
        { "gradient", "gradient norm", [19, 20] },
        { "input", "input", [20] },
        { "broken", "input", [20] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Should_refuse_on_all_ranks_and_name_rank_and_samples(string fault, string what, long[] positions)
    {
        RanksInProcess.Run(3, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            keeping.Completed(runtime.TrainStep(LineStage.Share(group.Rank)), []);
            var before = Bits(runtime);
            var share = LineStage.Share(group.Rank);
            if (group.Rank == 1)
            {
                share[4] = Bad(fault);
            }

            var refused = Assert.Throws<NonFiniteStepException>(() => runtime.TrainStep(share));
            Assert.Equal((1, what), (refused.Step, refused.What));
            Assert.Equal([1], refused.Ranks);
            Assert.Contains("on rank 1", refused.Message);
            Assert.Equal(group.Rank == 1 ? positions : [], refused.Samples.Select(s => s.Position));
            Assert.Equal(before, Bits(runtime));
            Assert.Equal(1, runtime.Step);
            keeping.Refused(refused);
            Assert.Equal(before, Bits(runtime));
            Assert.Equal(2, runtime.Step);
            Assert.Equal(2, runtime.TrainStep(LineStage.Share(group.Rank)).Step);
        });
        Assert.Contains(_stage.Log, l => l.Rank == 1 && positions.All(p => l.Line.Contains($"position {p} (/structures/protein-{p}.pdb)")));
        Assert.DoesNotContain(_stage.Log, l => l.Rank != 1 && l.Line.Contains("protein-"));
        var line = _stage.Metrics.Single(m => m.TryGetProperty("refused", out _));
        Assert.Equal((2, what), (line.GetProperty("step").GetInt64(), line.GetProperty("what").GetString()));
        Assert.Equal([1], line.GetProperty("ranks").EnumerateArray().Select(r => r.GetInt32()));
        Assert.Equal(positions, line.GetProperty("samples").EnumerateArray().Select(s => s.GetInt64()));
    }

    [Fact]
    public void Should_stop_at_once_when_the_policy_says_so_and_keep_the_state()
    {
        _stage.Tuning = _stage.Tuning with { NonFinite = "stop" };
        RanksInProcess.Run(2, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            runtime.TrainStep(LineStage.Share(group.Rank));
            var stopped = Assert.Throws<NonFiniteLimitException>(() => Refuse(runtime, keeping, group));
            Assert.Contains("tuning.nonFinite is stop", stopped.Message);
            Assert.Contains("checkpoint after step 1", stopped.Message);
        });
        Assert.Equal(1, _stage.Store.Latest(out _)!.Step);
    }

    [Fact]
    public void Should_stop_after_so_many_in_a_row_and_count_anew_after_a_good_one()
    {
        _stage.Tuning = _stage.Tuning with { NonFiniteLimit = 3 };
        RanksInProcess.Run(2, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            for (var round = 0; round < 3; round++)
            {
                Refuse(runtime, keeping, group);
                Refuse(runtime, keeping, group);
                keeping.Completed(runtime.TrainStep(LineStage.Share(group.Rank)), []);
            }

            Refuse(runtime, keeping, group);
            Refuse(runtime, keeping, group);
            Assert.Contains("3 steps in a row", Assert.Throws<NonFiniteLimitException>(() => Refuse(runtime, keeping, group)).Message);
            Assert.Equal(11, runtime.Step);
        });
    }

    [Fact]
    public void Should_say_when_only_the_sum_over_ranks_is_not_finite() => RanksInProcess.Run(2, group =>
    {
        var (runtime, _, _) = _stage.Join(group);
        using var owned = runtime;
        var refused = Assert.Throws<NonFiniteStepException>(() => runtime.TrainStep([LineStage.Sample(1, 2.2e154, 0)]));
        Assert.Empty(refused.Ranks);
        Assert.Empty(refused.Samples);
        Assert.Contains("in the sum over all", refused.Message);
    });

    [Fact]
    public void Should_flag_an_outlier_and_train_on_it_all_the_same()
    {
        _stage.Tuning = _stage.Tuning with { OutlierSigma = 6 };
        RanksInProcess.Run(2, group =>
        {
            var (runtime, keeping, metrics) = _stage.Join(group);
            using var owned = runtime;
            for (var step = 0; step < 30; step++)
            {
                var usual = runtime.TrainStep(LineStage.Share(group.Rank));
                Assert.Empty(usual.Outliers);
            }

            var share = LineStage.Share(group.Rank);
            share[0] = LineStage.Sample(share[0].Position.Position, 1000, 0);
            var result = runtime.TrainStep(share);
            Assert.Equal(["loss", "gradient_norm"], result.Outliers.Select(o => o.What));
            Assert.True(result.Updated);
            keeping.Completed(result, share);
            if (group.Rank == 0)
            {
                metrics.Step(new CompletedStep(result, 1, 0, group.World, group.Generation));
            }
        });
        Assert.Contains(_stage.Log, l => l.Rank == 1 && l.Line.Contains("positions of its samples on rank 1: 16, 17, 18, 19, 20"));
        var line = Assert.Single(_stage.Metrics);
        Assert.Equal(["loss", "gradient_norm"], line.GetProperty("outlier").EnumerateObject().Select(o => o.Name));
        Assert.Equal(31, line.GetProperty("step").GetInt64());
        var digest = SampleDigest.Of([.. Enumerable.Range(0, 2).SelectMany(rank =>
            LineStage.Share(rank).Select((sample, i) => i == 0 ? LineStage.Sample(rank * 16, 1000, 0) : sample))]);
        Assert.Equal(SampleDigest.Text(digest), line.GetProperty("samples_digest").GetString());
        Assert.True(line.GetProperty("seconds").GetDouble() > 0);
    }

    private static void Refuse(IStageRuntime runtime, StageKeeping keeping, ICollectiveGroup group)
    {
        var share = LineStage.Share(group.Rank);
        share[2] = group.Rank == 0 ? Bad("nan") : share[2];
        keeping.Refused(Assert.Throws<NonFiniteStepException>(() => runtime.TrainStep(share)));
    }

    private static FetchedSample Bad(string fault) => fault switch
    {
        "nan" => LineStage.Sample(20, 1, double.NaN),
        "infinite" => LineStage.Sample(20, 1, 1e155),
        "gradient" => LineStage.Sample(20, 1e110, 0),
        "input" => LineStage.Sample(20, double.NaN, 0),
        _ => LineStage.Broken(20),
    };

    private static double[] Bits(StageRuntime<LinePoint> runtime) =>
        [.. runtime.State.Buffers.SelectMany(buffer => buffer.Flat.data<double>().ToArray())];
}
