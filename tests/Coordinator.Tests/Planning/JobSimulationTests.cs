using Ism.Coordinator.Planning;

namespace Ism.Coordinator.Tests.Planning;

public class JobSimulationTests
{
    private static readonly PlannedJob Job = new()
    {
        Structures = 60_000,
        GlobalBatch = 256,
        StepSeconds = 1,
        Featurizers = 8,
        StructuresPerSecond = 20,
        Epochs = 2,
    };

    [Fact]
    public void Should_take_as_long_as_the_steps_when_tokens_are_plentiful()
    {
        var course = JobSimulation.Run(Job with { Featurizers = 200, LeasesPerFeaturizer = 4 });
        var steps = Math.Ceiling(Job.Structures * Job.Epochs / Job.GlobalBatch);
        Assert.InRange(course.TotalSeconds, steps + course.FirstStepSeconds, (steps * 1.01) + course.FirstStepSeconds);
        Assert.InRange(course.Waiting, 0, 0.01);
    }

    [Fact]
    public void Should_be_bound_by_one_featurizer_that_never_rests()
    {
        var course = JobSimulation.Run(Job with { Featurizers = 1, ChunkSpread = 0 });
        var work = 235 * 256 / 20.0;
        Assert.InRange(course.FeaturizingSeconds, work, work * 1.001);
        Assert.InRange(course.FeaturizersIdle, 0, 0.001);
        // The first epoch waits for tokens; the second one is all steps.
        Assert.True(course.TotalSeconds > work + (Job.Structures / Job.GlobalBatch));
        Assert.True(course.Waiting > 0.5);
    }

    [Fact]
    public void Should_commit_everything_whoever_dies_and_give_the_same_course_again()
    {
        var job = Job with { MeanLife = 300, DetectionSeconds = 10, ReturnSeconds = 30 };
        var course = JobSimulation.Run(job);
        Assert.True(course.Deaths > 5, $"{course.Deaths} deaths");
        Assert.True(course.FeaturizingSeconds > JobSimulation.Run(Job).FeaturizingSeconds);
        Assert.Equal(course, JobSimulation.Run(job));
        Assert.NotEqual(course, JobSimulation.Run(job with { Seed = 2 }));
    }

    [Theory]
    [InlineData(0.4, 4096)]
    [InlineData(40, 4096)]
    [InlineData(1, 9)]
    public void Should_find_the_fewest_from_wherever_the_search_begins(double stepSeconds, int most)
    {
        var job = Job with { StepSeconds = stepSeconds, Structures = 20_000 };
        var (featurizers, course) = JobSimulation.FewestFeaturizers(job, most);
        Assert.Equal(JobSimulation.Run(job with { Featurizers = featurizers }), course);
        Assert.True(featurizers == most || course.Waiting <= 0.01, $"{featurizers}: {course}");
        Assert.True(featurizers == 1 || JobSimulation.Run(job with { Featurizers = featurizers - 1 }).Waiting > 0.01);
    }

    [Fact]
    public void Should_find_the_fewest_featurizers_that_keep_the_trainers_busy()
    {
        var (featurizers, course) = JobSimulation.FewestFeaturizers(Job);
        // 256 structures a second are needed, and one makes 20.
        Assert.InRange(featurizers, 13, 20);
        Assert.InRange(course.Waiting, 0, 0.01);
        Assert.True(JobSimulation.Run(Job with { Featurizers = featurizers - 1 }).Waiting > 0.01);
    }
}
