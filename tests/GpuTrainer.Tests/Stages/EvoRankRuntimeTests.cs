using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Tests.Training;
using Ism.GpuTrainer.Training;
using Ism.Models.Autoencoder;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using Ism.Structures;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>The runtime of MutRank's stage on samples as featurizers serve them.</summary>
public sealed class EvoRankRuntimeTests : IDisposable
{
    private const int Batch = 6;
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ism-evorank-{Guid.NewGuid():N}");
    private readonly Workspace _workspace;
    private readonly SampleOrder _order = new(24, 8, seed: 3, windowChunks: 2);
    private readonly JobOptions _job = new()
    {
        Autoencoder = new() { Layers = 1, Width = 32, Heads = 4, LayerScale = 1 },
        Mutrank = new() { Alignments = "/alignments", Target = "log-odds" },
    };

    public EvoRankRuntimeTests()
    {
        torch.set_num_threads(1);
        _workspace = new(_root);
        var entries = Enumerable.Range(0, 24).Select(i => new StructureEntry($"/structures/{i}.pdb", null, -1, 0, 100));
        Catalogue = Path.GetFileName(Corpus.Catalogue.Create(entries, 8).Save(_workspace.At(Workspace.Catalogues), "corpus").TrimEnd('/'));
    }

    private string Catalogue { get; }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Should_have_the_same_losses_on_one_rank_and_on_three_and_go_down()
    {
        var (alone, three) = (Train(1, 25), Train(3, 4));
        Assert.Equal(["evorank"], alone[0].Terms);
        foreach (var (a, b) in alone.Zip(three))
        {
            Assert.Equal(a.TotalLoss, b.TotalLoss, 2e-5 * a.TotalLoss);
            Assert.Equal(a.GradientNorm, b.GradientNorm, 2e-4 * a.GradientNorm);
        }

        var (first, last) = (alone.Take(4).Average(r => r.TotalLoss), alone.TakeLast(4).Average(r => r.TotalLoss));
        Assert.True(last < 0.8 * first, $"{first:f3} -> {last:f3}");
    }

    [Fact]
    public void Should_go_on_from_a_checkpoint_and_write_an_encoder_that_ranks_mutations()
    {
        double? before = null;
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create();
            runtime.Join(group);
            runtime.TrainStep(Share(0, 0, 1));
            runtime.SaveCheckpoint(CancellationToken.None);
            before = runtime.TrainStep(Share(1, 0, 1)).TotalLoss;
            runtime.SaveOutput();
        });
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create();
            Assert.Equal(1, runtime.RestoreLatest(_ => { }));
            runtime.Join(group);
            Assert.Equal(before, runtime.TrainStep(Share(1, 0, 1)).TotalLoss);
        });
        using var model = AtomicAutoencoder.Load(_workspace.At(Workspace.MutRankEncoder));
        Assert.Equal(("log-odds", false, 32), (model.Shape.Head, model.Shape.Decoder, model.Shape.Width));
    }

    [Fact]
    public void Should_name_a_sample_whose_columns_are_no_numbers()
    {
        var sample = Share(0, 0, 1).First(fetched => fetched.Bytes.Length > 0);
        var drawn = ProfiledDraw.FromBytes(sample.Bytes.Span);
        drawn.Columns[7] = float.NaN;
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create();
            runtime.Join(group);
            var refused = Assert.Throws<NonFiniteStepException>(() => runtime.TrainStep([sample with { Bytes = drawn.ToBytes() }]));
            Assert.Contains("a probability is NaN", Assert.Single(refused.Samples).Reason);
        });
    }

    private StepResult[] Train(int world, int steps)
    {
        var curves = new StepResult[world][];
        RanksInProcess.Run(world, group =>
        {
            using var runtime = Create();
            runtime.Join(group);
            curves[group.Rank] = [.. Enumerable.Range(0, steps).Select(step => runtime.TrainStep(Share(step, group.Rank, world)))];
        });
        return curves[0];
    }

    private IStageRuntime Create() => StageRuntimes.Create(
        new()
        {
            StageId = "mutrank",
            Objective = ObjectiveKind.EvoRank,
            Samples = SampleKind.ProfiledEnvironments,
            Catalogue = Catalogue,
            GlobalBatch = Batch,
            TotalSteps = 40,
            WarmupSteps = 1,
            LearningRate = 3e-3,
            Seed = 1,
            Checkpoints = "work/mutrank/checkpoints",
            Output = Workspace.MutRankEncoder,
            Tokens = "work/profiles",
        },
        _job, _workspace);

    // A structure in four has no alignment: its position is an empty sample.
    private List<FetchedSample> Share(long step, int rank, int world) =>
        [.. _order.Step(step, Batch).Where((_, i) => i % world == rank).Select(p => new FetchedSample(p, p.Position % 4 == 3 ? [] : Drawn(p).ToBytes()))];

    // The more nitrogen around, the later in the alphabet what the column likes.
    private static ProfiledDraw Drawn(SamplePosition p)
    {
        var environments = new Microenvironment[3];
        var columns = new List<float>();
        for (var e = 0; e < environments.Length; e++)
        {
            var random = new CounterRandom((ulong)p.Position, (ulong)e, 5);
            var type = random.NextInt32(20);
            var atoms = 8 + random.NextInt32(6);
            environments[e] = new(
                [.. Enumerable.Range(0, atoms).Select(i => (byte)(i < type * atoms / 20 ? 2 : 0))],
                [.. Enumerable.Range(0, 3 * atoms).Select(_ => (float)(8 * random.NextDouble()))],
                (byte)type);
            var weights = Enumerable.Range(0, 20).Select(a => Math.Exp(-Math.Abs(a - type) / 4.0)).ToArray();
            columns.AddRange(weights.Select(w => (float)(w / weights.Sum())));
        }

        return new(environments, [.. columns]);
    }
}
