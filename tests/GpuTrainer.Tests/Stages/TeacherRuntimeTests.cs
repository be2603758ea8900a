using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Tests.Training;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using Ism.Structures;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>The runtime of structure-tuning with three teachers, one of which says nothing of some proteins and one of which has no
/// weight.</summary>
public sealed class TeacherRuntimeTests : IDisposable
{
    private const int Batch = 9;
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ism-teachers-{Guid.NewGuid():N}");
    private readonly Workspace _workspace;
    private readonly SampleOrder _order = new(30, 10, seed: 3, windowChunks: 2);
    private readonly JobOptions _job = new()
    {
        Model = new() { Layers = 2, Width = 32, Heads = 4 },
        Tuning = new() { TokensPerMicroBatch = 120, Crop = 100 },
    };

    public TeacherRuntimeTests()
    {
        torch.set_num_threads(1);
        _workspace = new(_root);
        var entries = Enumerable.Range(0, 30).Select(i => new StructureEntry($"/structures/{i}.pdb", null, -1, 0, 100));
        Catalogue = Path.GetFileName(Corpus.Catalogue.Create(entries, 10).Save(_workspace.At(Workspace.Catalogues), "corpus").TrimEnd('/'));
    }

    private string Catalogue { get; }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(TuningOptions.AllPositions)]
    [InlineData(TuningOptions.MaskedPositions)]
    public void Should_have_the_same_losses_of_every_teacher_on_one_rank_and_on_three(string positions)
    {
        var job = _job with { Tuning = _job.Tuning with { StructurePositions = positions } };
        var alone = Train(job, 1);
        var three = Train(job, 3);
        Assert.Equal(["structure.autoencoder", "structure.part", "structure.silent", "mlm"], alone[0].Terms);
        foreach (var (a, b) in alone.Zip(three))
        {
            for (var term = 0; term < a.Losses.Count; term++)
            {
                Assert.Equal(a.Losses[term]!.Value, b.Losses[term]!.Value, 2e-5 * a.Losses[term]!.Value);
            }

            Assert.Equal(a.GradientNorm, b.GradientNorm, 2e-4 * a.GradientNorm);

            // 0.5 of the second teacher, nothing of the third.
            Assert.Equal(a.Losses[0]!.Value + (0.5 * a.Losses[1]!.Value) + a.Losses[3]!.Value, a.TotalLoss, 1e-5 * a.TotalLoss);
        }
    }

    [Fact]
    public void Should_go_on_from_a_checkpoint_with_every_head_and_write_them_beside_the_model()
    {
        StepResult? before = null;
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create(_job);
            runtime.Join(group);
            runtime.TrainStep(Share(0, 0, 1));
            runtime.SaveCheckpoint(CancellationToken.None);
            before = runtime.TrainStep(Share(1, 0, 1));
            var metrics = runtime.Evaluate(Share(2, 0, 1)).Select(m => m.Metric).ToList();
            Assert.Contains("structure.part.accuracy", metrics);
            Assert.Contains("structure.silent.masked_accuracy", metrics);
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
        Assert.Equal([("autoencoder", 8L), ("part", 20L), ("silent", 5L)], heads.Select(head => (head.Name, head.Weight.shape[0])));
        using var model = Esm2Checkpoint.Load(_workspace.At(Workspace.Model));
        Assert.Equal(2, model.Config.Layers);
    }

    [Fact]
    public void Should_name_a_sample_of_token_files_without_the_teachers()
    {
        var bare = Share(0, 0, 1)[0];
        var crop = TokenCrop.FromBytes(bare.Bytes.Span);
        crop = crop with { Tokens = [crop.Tokens[0]] };
        RanksInProcess.Run(1, group =>
        {
            using var runtime = Create(_job);
            runtime.Join(group);
            var refused = Assert.Throws<NonFiniteStepException>(() => runtime.TrainStep([bare with { Bytes = crop.ToBytes() }]));
            Assert.Contains("1 token sequences for 3 teachers", Assert.Single(refused.Samples).Reason);
        });
    }

    private StepResult[] Train(JobOptions job, int world)
    {
        var curves = new StepResult[world][];
        RanksInProcess.Run(world, group =>
        {
            using var runtime = Create(job);
            runtime.Join(group);
            curves[group.Rank] = [.. Enumerable.Range(0, 3).Select(step => runtime.TrainStep(Share(step, group.Rank, world)))];
        });
        return curves[0];
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
            Teachers = new([new("part", 20, -1, 0.5), new("silent", 5, 1, 0)]),
        },
        job, _workspace);

    private List<FetchedSample> Share(long step, int rank, int world) =>
        [.. _order.Step(step, Batch).Where((_, i) => i % world == rank).Select(p => new FetchedSample(p, Crop(p).ToBytes()))];

    private static TokenCrop Crop(SamplePosition p)
    {
        var random = new CounterRandom((ulong)p.Position, 5);
        var length = 10 + (int)(p.Position * 3);
        var bytes = new byte[length];
        ushort[][] tokens = [new ushort[length], new ushort[length], new ushort[length]];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)"ACDEFGHIKLMNPQRSTVWY"[random.NextInt32(20)];
            tokens[0][i] = (ushort)random.NextInt32(8);
            tokens[1][i] = p.Position % 3 == 0 ? TokenRow.NoToken : (ushort)random.NextInt32(20);
            tokens[2][i] = (ushort)random.NextInt32(5);
        }

        return new($"{p.Position}/A", 0, bytes, tokens);
    }
}
