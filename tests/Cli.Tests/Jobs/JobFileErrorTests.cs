using Ism.Cli.Jobs;

namespace Ism.Cli.Tests.Jobs;

public class JobFileErrorTests
{
    [Theory]
    [InlineData("\ntuning:\n  learningrate: 1", "job.yaml:3: unknown key 'tuning.learningrate'; did you mean 'learningRate'? (allowed in tuning: epochs, ")]
    [InlineData("tunning: {}", "job.yaml:1: unknown key 'tunning'; did you mean 'tuning'? (allowed at the top: variant, name, ")]
    [InlineData("model:\n  crop: 3", "job.yaml:2: unknown key 'model.crop'; did you mean 'tuning.crop'? (allowed in model: from, layers, width, heads)")]
    [InlineData("zebra: 3", "job.yaml:1: unknown key 'zebra' (allowed at the top: variant, name, workspace, seed, ")]
    [InlineData("tuning:\n  epochs: many", "job.yaml:2: tuning.epochs: expected a number, got 'many'")]
    [InlineData("tuning:\n  epochs: .nan", "job.yaml:2: tuning.epochs: expected a number, got '.nan'")]
    [InlineData("tuning:\n  crop: 1.5", "job.yaml:2: tuning.crop: expected a whole number, got '1.5'")]
    [InlineData("tuning:\n  crop: '512'", "job.yaml:2: tuning.crop: expected a whole number, got '512'")]
    [InlineData("tuning:\n  crop: 99999999999", "job.yaml:2: tuning.crop: expected a whole number, got '99999999999'")]
    [InlineData("tuning:\n  crop:", "job.yaml:2: tuning.crop: expected a whole number, got nothing")]
    [InlineData("tuning:\n  crop: [1, 2]", "job.yaml:2: tuning.crop: expected a whole number, got a list of 2")]
    [InlineData("name: {a: b}", "job.yaml:1: name: expected a text, got a section")]
    [InlineData("codebook:\n  elbow: [1, two]", "job.yaml:2: codebook.elbow: expected a list of whole numbers, got 'two' in it")]
    [InlineData("codebook:\n  elbow: two", "job.yaml:2: codebook.elbow: expected a list of whole numbers, got 'two'")]
    [InlineData("corpus:\n  structures: {a: b}", "job.yaml:2: corpus.structures: expected a list of texts, got a section")]
    [InlineData("tuning: 3", "job.yaml:1: tuning is a section, not a value; it holds epochs, warmupEpochs, ")]
    [InlineData("variant: 651M", "job.yaml:1: unknown variant '651M'; did you mean '650M'? (there are: demo, 8M, 35M, 150M, 650M, 3B, 15B)")]
    [InlineData("- a\n- b", "job.yaml:1: a job file holds 'key: value' lines, this one holds a list")]
    [InlineData("just words", "job.yaml:1: a job file holds 'key: value' lines, this one holds a text")]
    [InlineData("name: a\nname: b", "job.yaml:2: not valid YAML: ")]
    [InlineData("name: [a", "job.yaml:1: not valid YAML: ")]
    [InlineData("name: a\n---\nname: b", "job.yaml: holds 2 YAML documents; a job is one")]
    public void Should_say_where_what_and_what_else(string yaml, string expected)
    {
        var problem = Assert.Single(Layers.ProblemsOf(yaml));
        Assert.StartsWith(expected, problem);
    }

    [Theory]
    [InlineData("tuning.epochs", "--set tuning.epochs: expected a.b=value, for example --set tuning.epochs=3")]
    [InlineData("=3", "--set =3: expected a.b=value, for example --set tuning.epochs=3")]
    [InlineData("tuning..epochs=3", "--set tuning..epochs=3: expected a.b=value, for example --set tuning.epochs=3")]
    [InlineData("tuning.epohcs=3", "--set tuning.epohcs=3: unknown key 'tuning.epohcs'; did you mean 'epochs'? (allowed in tuning: ")]
    [InlineData("tuning.crop=[1]", "--set tuning.crop=[1]: tuning.crop: expected a whole number, got a list of 1")]
    [InlineData("tuning.crop.x=1", "--set tuning.crop.x=1: tuning.crop: expected a whole number, got a section")]
    [InlineData("name=[", "--set name=[: not valid YAML: ")]
    [InlineData("variant=huge", "--set variant=huge: unknown variant 'huge' (there are: demo, ")]
    public void Should_name_the_override_that_is_wrong(string text, string expected)
    {
        var problem = Assert.Single(Layers.ProblemsOf("", text));
        Assert.StartsWith(expected, problem);
    }

    [Fact]
    public void Should_tell_all_problems_at_once()
    {
        var problems = Layers.ProblemsOf("zebra: 1\ntuning:\n  crop: x\n  epochs: y", "seed=z");
        Assert.Equal(4, problems.Count);
    }

    [Fact]
    public void Should_say_which_file_is_not_there()
    {
        Assert.Equal("no/such.yaml: there is no such job file", Problem("no/such.yaml"));
        Assert.Equal($"{AppContext.BaseDirectory}: is a folder, not a job file", Problem(AppContext.BaseDirectory));
    }

    private static string Problem(string path) => Assert.Throws<JobFileException>(() => JobFile.Load(path, [])).Message;
}
