using Ism.Cli.Estimation;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Estimation;

public class JobSizesTests
{
    private static JobSizes Of(TuningOptions tuning, long corpus = 1000, long heldout = 10) =>
        new(new JobOptions { Tuning = tuning, Corpus = new CorpusOptions { ChunkSize = 64 } }, corpus, heldout, corpus, true);

    [Fact]
    public void Should_count_steps_chunks_and_evaluations()
    {
        var sizes = Of(new TuningOptions { Epochs = 3, GlobalBatch = 32, EvaluateEvery = 20 });
        Assert.Equal(94, sizes.TuningSteps);
        Assert.Equal(16, sizes.Chunks(sizes.Corpus));
        // After steps 20, 40, 60, 80 and at the end.
        Assert.Equal(5, sizes.Evaluations);
        Assert.Equal(0, (sizes with { Heldout = 0 }).Evaluations);
        Assert.Equal(1, Of(new TuningOptions { EvaluateEvery = 0 }).Evaluations);
    }

    [Theory]
    [InlineData(100, 30, 3, 0, 3)] // after 60, 90 and 100
    [InlineData(100, 50, 3, 0, 2)] // after 50 and 100
    [InlineData(20, 50, 3, 0, 1)] // after 20
    [InlineData(100, 10, 2, 30, 4)] // after 30 and 60 for ever, and the newest two: after 90 and 100
    [InlineData(95, 10, 2, 20, 6)] // after 20, 40, 60 and 80 for ever, and after 90 and 95
    [InlineData(100, 10, 1, 50, 2)] // after 50 for ever, and after 100
    public void Should_count_the_checkpoints_that_stay(long steps, int every, int keep, int forever, long expected)
    {
        var sizes = Of(new TuningOptions { CheckpointEvery = every, KeepCheckpoints = keep, KeepCheckpointEvery = forever });
        Assert.Equal(expected, sizes.KeptCheckpoints(steps));
    }

    [Fact]
    public void Should_count_a_coordination_for_every_pass_that_is_allowed()
    {
        var sizes = Of(new TuningOptions());
        var more = sizes with { Job = sizes.Job with { Codebook = sizes.Job.Codebook with { MaxIterations = sizes.Job.Codebook.MaxIterations + 10 } } };
        Assert.Equal(4, more.CoordinationSeconds - sizes.CoordinationSeconds, 9);
        var given = sizes with { Job = sizes.Job with { Codebook = new CodebookOptions { From = "there" } } };
        Assert.True(given.CoordinationSeconds < sizes.CoordinationSeconds);
    }

    [Fact]
    public void Should_give_the_busiest_trainer_the_rest_of_a_batch()
    {
        Assert.Equal(8, JobSizes.ShareOf(16, 2));
        Assert.Equal(6, JobSizes.ShareOf(16, 3));
        Assert.Equal(1, JobSizes.ShareOf(2, 8));
    }

    [Theory]
    [InlineData(0, 4, false, 8, 2, 4)]   // cores shared out
    [InlineData(0, 16, false, 8, 1, 8)]  // more nodes than cores take turns
    [InlineData(3, 4, false, 8, 3, 2)]   // as set, and as many at once as there is room for
    [InlineData(0, 4, true, 8, 8, 1)]    // a machine each
    public void Should_share_cores_out_as_a_run_does(int set, int trainers, bool apart, int cores, int threads, int atOnce)
    {
        var cluster = new ClusterOptions { Trainers = trainers, ThreadsPerTrainer = set };
        Assert.Equal(new NodeThreads(threads, atOnce), NodeThreads.OfTrainers(cluster, apart, cores));
    }
}
