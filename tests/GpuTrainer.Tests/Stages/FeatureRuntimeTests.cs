using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Tests.Training;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2;
using Ism.Models.StructureTuning;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using Ism.Structures;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>The runtime of structure-tuning that regresses features, with the tokens of a further teacher.</summary>
public sealed class FeatureRuntimeTests : IDisposable
{
    private const int Batch = 9;
    private const int Channels = 7;
    private const string ScaleFile = "work/scale.json";
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ism-features-{Guid.NewGuid():N}");
    private readonly Workspace _workspace;
    private readonly SampleOrder _order = new(30, 10, seed: 3, windowChunks: 2);
    private readonly JobOptions _job = new()
    {
        Model = new() { Layers = 2, Width = 32, Heads = 4 },
        Tuning = new() { TokensPerMicroBatch = 120, Crop = 100 },
    };

    public FeatureRuntimeTests()
    {
        torch.set_num_threads(1);
        _workspace = new(_root);
        var entries = Enumerable.Range(0, 30).Select(i => new StructureEntry($"/structures/{i}.pdb", null, -1, 0, 100));
        Catalogue = Path.GetFileName(Corpus.Catalogue.Create(entries, 10).Save(_workspace.At(Workspace.Catalogues), "corpus").TrimEnd('/'));
        Directory.CreateDirectory(_workspace.At(Workspace.Work));
        new FeatureScale([.. Enumerable.Range(0, Channels).Select(c => 0.1 * c)], [.. Enumerable.Range(0, Channels).Select(c => 1 + (0.2 * c))])
            .Save(_workspace.At(ScaleFile));
    }

    private string Catalogue { get; }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(TuningOptions.AllPositions)]
    [InlineData(TuningOptions.MaskedPositions)]
    public void Should_learn_and_judge_the_same_on_one_rank_and_on_three(string positions)
    {
        var job = _job with { Tuning = _job.Tuning with { StructurePositions = positions } };
        var (alone, one) = Train(job, 1);
        var (three, many) = Train(job, 3);
        Assert.Equal(["features.autoencoder", "structure.part", "mlm"], alone[0].Terms);
        foreach (var (a, b) in alone.Zip(three))
        {
            Assert.All(a.Losses.Zip(b.Losses), losses => Assert.Equal(losses.Item1!.Value, losses.Item2!.Value, 2e-5 * losses.Item1.Value));
            Assert.Equal(a.GradientNorm, b.GradientNorm, 2e-4 * a.GradientNorm);
            Assert.Equal(a.Losses[0]!.Value + (0.5 * a.Losses[1]!.Value) + a.Losses[2]!.Value, a.TotalLoss, 1e-5 * a.TotalLoss);
        }

        Assert.Contains(one, metric => metric.Metric == "features.autoencoder.explained" && metric.Count > 0);
        Assert.Equal(one.Select(m => m.Metric), many.Select(m => m.Metric));
        Assert.All(one.Zip(many), m => Assert.Equal(m.Item1.Mean!.Value, m.Item2.Mean!.Value, 1e-3));
    }

    [Fact]
    public void Should_go_on_from_a_checkpoint_and_write_the_head_for_features_beside_the_model()
    {
        StepResult? before = null;
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create(_job);
            runtime.Join(group);
            runtime.TrainStep(Share(0, 0, 1));
            runtime.SaveCheckpoint(CancellationToken.None);
            before = runtime.TrainStep(Share(1, 0, 1));
            runtime.SaveOutput();
        });
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create(_job);
            Assert.Equal(1, runtime.RestoreLatest(_ => { }));
            runtime.Join(group);
            Assert.Equal(before!.TotalLoss, runtime.TrainStep(Share(1, 0, 1)).TotalLoss);
        });
        var heads = StructureHead.Load(_workspace.At(Workspace.Model), 32);
        Assert.Equal([("part", 20L, false), ("autoencoder", Channels, true)], heads.Select(head => (head.Name, head.Weight.shape[0], head.IsFeatures)));
        using var model = Esm2Checkpoint.Load(_workspace.At(Workspace.Model));
        Assert.Equal(2, model.Config.Layers);
    }

    [Theory]
    [InlineData(false, "features of 0 channels where 7")]
    [InlineData(true, "a feature is NaN or infinite")]
    public void Should_name_a_sample_whose_features_cannot_be_learnt(bool broken, string expected)
    {
        var sound = Share(0, 0, 1)[0];
        var crop = TokenCrop.FromBytes(sound.Bytes.Span);
        crop = broken
            ? crop with { Features = [Half.NaN, .. crop.Features.Skip(1)] }
            : crop with { FeatureWidth = 0, Features = [] };
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create(_job);
            runtime.Join(group);
            var refused = Assert.Throws<NonFiniteStepException>(() => runtime.TrainStep([sound with { Bytes = crop.ToBytes() }]));
            Assert.Contains(expected, Assert.Single(refused.Samples).Reason);
        });
    }

    private (StepResult[] Steps, IReadOnlyList<MetricTotal> Metrics) Train(JobOptions job, int world)
    {
        var curves = new StepResult[world][];
        var metrics = new IReadOnlyList<MetricTotal>[world];
        RanksInProcess.Run(world, group =>
        {
            using var runtime = Create(job);
            runtime.Join(group);
            curves[group.Rank] = [.. Enumerable.Range(0, 3).Select(step => runtime.TrainStep(Share(step, group.Rank, world)))];
            metrics[group.Rank] = runtime.Evaluate(Share(4, group.Rank, world));
        });
        return (curves[0], metrics[0]);
    }

    private IStageRuntime Create(JobOptions job) => StageRuntimes.Create(
        new()
        {
            StageId = "structure-tuning",
            Objective = ObjectiveKind.StructureTuning,
            Samples = SampleKind.Tokens,
            Catalogue = Catalogue,
            GlobalBatch = Batch,
            TotalSteps = 10,
            WarmupSteps = 0,
            LearningRate = 1e-3,
            Seed = 1,
            Checkpoints = Workspace.Checkpoints,
            Output = Workspace.Model,
            Clusters = 8,
            ExcludedToken = 3,
            Teachers = new([new("part", 20, -1, 0.5)]),
            Features = ScaleFile,
        },
        job, _workspace);

    private List<FetchedSample> Share(long step, int rank, int world) =>
        [.. _order.Step(step, Batch).Where((_, i) => i % world == rank).Select(p => new FetchedSample(p, Crop(p).ToBytes()))];

    private static TokenCrop Crop(SamplePosition p)
    {
        var random = new CounterRandom((ulong)p.Position, 5);
        var length = 10 + (int)(p.Position * 3);
        var bytes = new byte[length];
        ushort[][] tokens = [new ushort[length], new ushort[length]];
        var features = new Half[length * Channels];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)"ACDEFGHIKLMNPQRSTVWY"[random.NextInt32(20)];
            tokens[0][i] = (ushort)random.NextInt32(8);
            tokens[1][i] = p.Position % 3 == 0 ? TokenRow.NoToken : (ushort)random.NextInt32(20);
            for (var c = 0; c < Channels; c++)
            {
                features[(i * Channels) + c] = (Half)((3 * random.NextDouble()) - 1);
            }
        }

        return new($"{p.Position}/A", 0, bytes, tokens) { FeatureWidth = Channels, Features = features };
    }
}
