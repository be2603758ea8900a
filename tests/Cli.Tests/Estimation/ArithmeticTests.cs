using Ism.Cli.Estimation;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Estimation;

public class ArithmeticTests
{
    private static readonly FeaturizerReading Featurizer = new()
    {
        Structures = 50,
        Refused = 10,
        Residues = 8000,
        Chunks = 5,
        TokeniseSeconds = 25,
        TokenBytes = 21_000,
        EmptyTokenBytes = 1000,
        EmbeddedStructures = 50,
        EmbeddedResidues = 1600,
        EmbedSeconds = 5,
        EmbeddingBytes = 100_000,
        PartialBytes = 500,
    };

    private static JobSizes Sizes(long corpus = 1000, int trainers = 2) => new(
        new JobOptions
        {
            Corpus = new CorpusOptions { ChunkSize = 100 },
            Codebook = new CodebookOptions { MaxIterations = 7, Elbow = [] },
            Tuning = new TuningOptions { GlobalBatch = 10, Epochs = 1, WarmupEpochs = 0, CheckpointEvery = 50, KeepCheckpoints = 2 },
            Cluster = new ClusterOptions { Trainers = trainers, Featurizers = 4 },
        },
        corpus, 200, corpus, true);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(4, 1.5)]
    [InlineData(32, 1.9375)]
    public void Should_send_twice_all_but_one_share_around_a_ring(int world, double expected) =>
        Assert.Equal(expected, RingBandwidth.ReduceSeconds(3_000_000, world, 3e6), 12);

    [Fact]
    public void Should_measure_a_ring_over_the_loopback() => Assert.True(RingBandwidth.MeasureLoopback() > 1e6);

    [Fact]
    public void Should_scale_what_grows_with_samples_to_the_whole_share()
    {
        var reading = new StageReading { Stage = "s", Samples = 4, WholeShare = 16, PassSeconds = 2, UpdateSeconds = 0.5, ReduceSeconds = 0.25 };
        Assert.Equal(8.75, reading.StepSeconds, 12);
    }

    [Fact]
    public void Should_add_up_what_is_written()
    {
        var sizes = Sizes();
        var tuning = new StageReading { Stage = "structure-tuning", CheckpointBytes = 1_000_000, ModelBytes = 300_000 };
        var storage = StorageEstimate.Of(sizes, Featurizer, [(tuning, sizes.TuningSteps)], 100, 10);
        // (21,000 - 5 files without any chain) / 8,000 residues; 160 residues a structure, 1,200 structures, 12 chunks.
        Assert.Equal(2, storage.TokenBytesPerResidue, 12);
        Assert.Equal((1200 * 160 * 2) + (12 * 1000), storage.Tokens, 6);
        Assert.Equal(2_000_000, storage.Checkpoints, 6);
        Assert.Equal(300_000, storage.Models, 6);
        Assert.Equal((1000 * 2000) + (10 * 7 * 500), storage.Clustering, 6);
        Assert.Equal(100 + (1000 * 10) + 100 + (200 * 10), storage.Catalogues, 6);
    }

    [Fact]
    public void Should_break_the_peak_of_a_rank_down()
    {
        var reading = new StageReading
        {
            Stage = "structure-tuning",
            Parameters = 1_000_000,
            ProbeTokens = 1000,
            ProbeBytes = 50_000_000,
            LargestTokens = 3000,
            WholeLargestTokens = 4000,
            CopiesState = true,
            PeakBytes = 100_000_000,
        };
        var memory = MemoryEstimate.Of(reading, 20_000_000);
        Assert.Equal((4_000_000L, 4_000_000L, 8_000_000L, 12_000_000L), (memory.Weights, memory.Gradients, memory.Moments, memory.CheckpointCopy));
        // 52 MB of the peak are something else; without the copy it grew by 38 MB for 2,000 tokens, and there are 1,000 more.
        Assert.Equal(52_000_000L + 19_000_000, memory.Activations);
        // A trainer gives pages back when it holds a tenth and 32 MiB more than its first steps needed.
        Assert.Equal(11_900_000L + (32 << 20), memory.Holes);
        Assert.Equal(119_000_000L + memory.Holes, memory.Total);
        var measured = MemoryEstimate.Of(reading with { WholeLargestTokens = 2000 }, 20_000_000);
        Assert.Equal(100_000_000L, measured.Total - measured.Holes);
    }

    [Fact]
    public void Should_let_featurizers_beyond_the_cores_take_turns()
    {
        var shared = new FeaturizingRates(Sizes(), [Featurizer, Featurizer], apart: false);
        var apart = new FeaturizingRates(Sizes(), [Featurizer], apart: true);
        Assert.Equal(4, shared.All, 12);
        Assert.Equal(8, apart.All, 12);
        Assert.Equal(300, shared.TokensSeconds, 9);
        Assert.Equal(160, shared.ResiduesPerStructure, 12);
    }

    [Fact]
    public void Should_scale_what_few_structures_took_to_the_lengths_of_many()
    {
        // Chains of 100 and 300 residues, one of 400 and one of 200, and a structure that is refused: 333 a structure.
        var lengths = new LengthSurvey([[100, 300], [400, 200], []]);
        Assert.Equal(1000.0 / 3, lengths.Residues, 9);
        Assert.Equal((175 + 225) / 3.0, lengths.CropResidues(250), 9);
        var rates = new FeaturizingRates(Sizes(), [Featurizer], apart: true, lengths);
        // 8,000 residues in 25 s.
        Assert.Equal(320 / (1000.0 / 3), rates.PerFeaturizer, 9);
        Assert.Equal((1200 * (1000 / 3.0) * 2) + (12 * 1000), StorageEstimate.Of(Sizes(), Featurizer, [], 0, 0, lengths.Residues).Tokens, 6);

        var sizes = Sizes();
        var stage = new StageReading { Stage = "structure-tuning", Samples = 5, WholeShare = 5, PassSeconds = 2, UpdateSeconds = 0.5, TokensPerSample = 100 };
        var trainer = new TrainerReading(0, [stage]);
        var measured = new Measurements([Featurizer], [trainer, trainer], 0, 0, 0, 0, 0) { Lengths = lengths };
        var crop = lengths.CropResidues(sizes.Job.Tuning.Crop);
        var training = new TrainingRates(sizes, new EstimateRequest(), measured, lengths.Residues);
        Assert.Equal((2 * crop / 100) + 0.5, training.StepSeconds, 9);
        Assert.Equal(10 * crop, training.TokensPerStep, 9);
    }

    [Fact]
    public void Should_find_the_heaviest_share_of_many_batches()
    {
        var lengths = new LengthSurvey([[10], [500], []]);
        Assert.Equal(102 / 2, lengths.HeaviestShare(1, 2, 200, 100));
        Assert.InRange(lengths.HeaviestShare(12, 3, 400, 100), (12 * 37 / 3) + 1, 12 * 102 / 3);
        Assert.Equal(0, new LengthSurvey([[]]).HeaviestShare(4, 1, 5, 100));
    }

    [Fact]
    public void Should_take_a_rate_from_elsewhere()
    {
        var sizes = Sizes(trainers: 5);
        var request = new EstimateRequest { TokensPerSecond = 1000, Apart = true };
        var measured = new Measurements([Featurizer], [], 1e9, 0, 0, 0, 0);
        var training = new TrainingRates(sizes, request, measured, 160);
        // Two samples of 160 residues a rank, and 4 bytes a parameter around a ring of five.
        Assert.Equal(0.32 + (1.6 * 4 * training.Parameters / 1e9), training.StepSeconds, 9);
        Assert.Equal(1600, training.TokensPerStep, 9);
    }

    [Fact]
    public void Should_find_how_many_featurizers_keep_trainers_busy()
    {
        var sizes = Sizes(corpus: 20_000);
        // 10 structures a second are trained on; a featurizer makes 2.
        var few = CourseEstimate.Of(sizes, 1, 2, 2);
        var many = CourseEstimate.Of(sizes, 1, 2, 16);
        // 4 of them a second: 5,000 s for all, of which 1,650 s before the first step, and 2,000 s of steps.
        Assert.InRange(few.Waiting, 0.35, 0.45);
        Assert.True(many.Waiting < 0.01, $"{many}");
        Assert.InRange(many.FewestFeaturizers!.Value, 5, 12);
        Assert.True(few.TotalSeconds > many.TotalSeconds);
        Assert.InRange(many.TotalSeconds, 2000, 2400);
    }

    [Fact]
    public void Should_read_the_kernels_lines()
    {
        string[] lines = ["VmPeak:\t  900 kB", "VmHWM:\t    123 kB", "VmRSS: many kB"];
        Assert.Equal(123L << 10, ProcessMemory.Parse(lines, "VmHWM:"));
        Assert.Null(ProcessMemory.Parse(lines, "VmRSS:"));
        Assert.Null(ProcessMemory.Parse(lines, "VmSwap:"));
        Assert.True(ProcessMemory.Peak() > 1 << 20);
        Assert.Equal(15.68, MachineLoad.Parse("15.68 27.96 23.00 3/412 9931"));
        Assert.Equal(0, MachineLoad.Parse(""));
    }

    [Fact]
    public void Should_write_values_for_people()
    {
        Assert.Equal("250.0 ms", Text(0.25, EstimateUnit.Seconds));
        Assert.Equal("26.0 h", Text(93_600, EstimateUnit.Seconds));
        Assert.Equal("2.2 B", Text(2.24, EstimateUnit.Bytes));
        Assert.Equal("5.00 MiB", Text(5 << 20, EstimateUnit.Bytes));
        Assert.Equal("12.5 %", Text(0.125, EstimateUnit.Share));
        Assert.Equal("1,514/s", Text(1514, EstimateUnit.PerSecond));

        static string Text(double value, EstimateUnit unit) => EstimateTable.Text(new EstimateRow("k", value, unit, "", ""));
    }
}
