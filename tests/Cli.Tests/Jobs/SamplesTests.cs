using Ism.Cli.Jobs;
using Ism.Cli.Studies;
using Ism.Protocol.Jobs;
using Ism.Tests;

namespace Ism.Cli.Tests.Jobs;

public class SamplesTests
{
    private const string Study = "study.yaml";

    public static TheoryData<string> Samples() =>
        [.. Directory.GetFiles(Path.Combine(ReferenceData.Root, "samples"), "*.yaml").Select(f => Path.GetFileName(f)!).Where(f => f != Study)];

    public static TheoryData<string> Variants() => [.. JobVariants.Names];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Should_resolve_and_make_sense(string sample)
    {
        var file = JobFile.Load(Path.Combine(ReferenceData.Root, "samples", sample), []);
        Assert.Empty(JobValidation.Check(file.Job));
        Assert.NotEqual(new JobOptions().Name, file.Job.Name);
    }

    [Fact]
    public void Should_plan_the_study()
    {
        var study = StudyFile.Load(Path.Combine(ReferenceData.Root, "samples", Study), [], ["/data/train"], ["/data/heldout"]);
        var runs = StudyPlan.Of(study);
        Assert.Equal(StudyPlan.StartName, runs[0].Name);
        Assert.All(study.Arms, arm => Assert.Equal(arm.Seeds.Count, runs.Count(run => run.Arm == arm)));
        Assert.Equal("mlm", study.Baseline);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Should_make_sense_as_they_are(string variant) =>
        Assert.Empty(JobValidation.Check(Layers.Resolve($"variant: {variant}").Job));

    [Fact]
    public void Should_have_a_variant_for_each_file() =>
        Assert.Equal(
            Directory.GetFiles(Path.Combine(ReferenceData.Root, "samples", "variants")).Select(Path.GetFileNameWithoutExtension).Order(),
            JobVariants.Names.Order());

    [Theory]
    [InlineData("8M", 6, 320, 20)]
    [InlineData("35M", 12, 480, 20)]
    [InlineData("150M", 30, 640, 20)]
    [InlineData("650M", 33, 1280, 20)]
    [InlineData("3B", 36, 2560, 40)]
    [InlineData("15B", 48, 5120, 40)]
    public void Should_have_the_published_shapes(string variant, int layers, int width, int heads)
    {
        var model = Layers.Resolve($"variant: {variant}").Job.Model;
        Assert.Equal((layers, width, heads), (model.Layers, model.Width, model.Heads));
    }

    [Fact]
    public void Should_hold_the_papers_schedule()
    {
        var job = JobFile.Load(Path.Combine(ReferenceData.Root, "samples", "650M.yaml"), []).Job;
        Assert.Equal((20, 4, 1e-4, 5e-3), (job.Tuning.Epochs, job.Tuning.WarmupEpochs, job.Tuning.LearningRate, job.Tuning.WeightDecay));
        Assert.Equal((1536, 512, 64), (job.Tuning.GlobalBatch, job.Tuning.Crop, job.Codebook.Clusters));
    }
}
