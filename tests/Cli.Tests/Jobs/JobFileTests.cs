using Ism.Cli.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Jobs;

public class JobFileTests
{
    [Fact]
    public void Should_be_the_records_defaults_when_nothing_is_said()
    {
        Assert.Equal(JobJson.Write(new JobOptions()), JobJson.Write(Layers.Resolve("").Job));
        Assert.Equal(JobJson.Write(new JobOptions()), JobJson.Write(Layers.Resolve("tuning:\nmodel:\n").Job));
    }

    [Fact]
    public void Should_lay_variant_file_and_overrides_over_each_other()
    {
        var demo = Layers.Resolve("variant: demo").Job;
        var file = Layers.Resolve(
            """
            variant: demo
            tuning:
              epochs: 33
              learningRate: 0.5
            """,
            "tuning.learningRate=0.25",
            "tuning.learningRate=0.125");
        Assert.Equal("demo", file.Variant);
        Assert.Equal(33, file.Job.Tuning.Epochs);
        Assert.Equal(0.125, file.Job.Tuning.LearningRate);
        Assert.Equal(demo.Tuning.Crop, file.Job.Tuning.Crop);
        Assert.NotEqual(new TuningOptions().Crop, demo.Tuning.Crop);
        Assert.Equal(new TuningOptions().MaskFraction, file.Job.Tuning.MaskFraction);
        Assert.Equal("job.yaml:3", file.Origins["tuning.epochs"]);
        Assert.Equal("--set tuning.learningRate=0.125", file.Origins["tuning.learningRate"]);
        Assert.StartsWith("variant demo:", file.Origins["tuning.crop"]);
        Assert.False(file.Origins.ContainsKey("tuning.maskFraction"));
    }

    [Fact]
    public void Should_let_an_override_choose_the_variant()
    {
        var file = Layers.Resolve("variant: demo\nmodel: {layers: 5}", "variant=650M");
        Assert.Equal("650M", file.Variant);
        Assert.Equal((5, 1280), (file.Job.Model.Layers, file.Job.Model.Width));
    }

    [Theory]
    [InlineData("corpus.structures=/data/a b", "/data/a b")]
    [InlineData("corpus.structures=[x, 'y z']", "x", "y z")]
    [InlineData("corpus.structures=")]
    [InlineData("corpus.structures=[]")]
    [InlineData("corpus.structures=007", "007")]
    public void Should_take_a_list_or_a_single_value_as_an_override(string text, params string[] expected)
    {
        var job = Layers.Resolve("corpus: {structures: [before]}", text).Job;
        Assert.Equal(expected, job.Corpus.Structures);
    }

    [Fact]
    public void Should_read_each_type_as_a_person_writes_it()
    {
        var job = Layers.Resolve(
            """
            name: "650"
            seed: 9_000_000_000
            codebook: {elbow: [2, 4], excludedToken: 17}
            autoencoder: {learningRate: 1e-3, atomPairsPerMicroBatch: 5_000_000_000}
            tuning: {epochs: 3}
            model: {from: ~}
            """).Job;
        Assert.Equal("650", job.Name);
        Assert.Equal(9_000_000_000, job.Seed);
        Assert.Equal([2, 4], job.Codebook.Elbow);
        Assert.Equal("17", job.Codebook.ExcludedToken);
        Assert.Equal(1e-3, job.Autoencoder.LearningRate);
        Assert.Equal(5_000_000_000, job.Autoencoder.AtomPairsPerMicroBatch);
        Assert.Equal(3.0, job.Tuning.Epochs);
        Assert.Equal("", job.Model.From);
    }

    [Fact]
    public void Should_make_relative_paths_absolute_from_the_given_folder()
    {
        var job = Layers.Resolve("workspace: w\ncorpus: {structures: [a, /b], heldout: ../c}\nmodel: {from: m}").Job;
        var resolved = JobPaths.Resolve(job, "/base/here");
        Assert.Equal("/base/here/w", resolved.Workspace);
        Assert.Equal(["/base/here/a", "/b"], resolved.Corpus.Structures);
        Assert.Equal(["/base/c"], resolved.Corpus.Heldout);
        Assert.Equal("/base/here/m", resolved.Model.From);
        Assert.Equal("", resolved.Autoencoder.From);
    }

    [Fact]
    public void Should_print_a_job_that_gives_the_same_job_again()
    {
        const string strange = "name: x\nmodel: {from: 'a: #b \"c\" \\ é'}\ncorpus: {structures: ['true', '- x', '1', '', 'a,b', '[z]']}";
        var file = Layers.Resolve(strange, "codebook.elbow=[3]", "tuning.learningRate=1.5e-7");
        foreach (var documented in (bool[])[true, false])
        {
            var printed = JobYaml.Write(file, documented);
            Assert.Equal(JobJson.Write(file.Job), JobJson.Write(Layers.Resolve(printed).Job));
        }
    }

    [Fact]
    public void Should_document_every_key()
    {
        var undocumented = Setting.Leaves.Where(s => SettingDocumentation.Of(s).Length == 0).Select(s => s.Path);
        Assert.Empty(undocumented);
    }
}
