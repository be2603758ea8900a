using Ism.Cli.Jobs;
using Ism.Cli.Studies;

namespace Ism.Cli.Tests.Studies;

public sealed class StudyFileTests : IDisposable
{
    private const string Sound = """
        name: trial
        workspace: WHERE
        set:
          corpus.structures: [/data/a, /data/b]
          tuning: { epochs: 3, warmupEpochs: 0.5 }
        seeds: [1, 2]
        start:
          set: { tuning.structureWeight: 0, tuning.epochs: 5 }
        arms:
          - name: mlm
            title: masked residues alone
            set: { tuning.structureWeight: 0 }
          - name: tokens
          - name: short
            set: { tuning.crop: 32 }
            seeds: [1]
        evaluate:
          train: /data/a
          test: [/data/h]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ism-study-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_plan_the_start_and_every_arm_seed_by_seed()
    {
        var runs = StudyPlan.Of(Read(Sound));
        Assert.Equal(["start", "mlm-1", "tokens-1", "short-1", "mlm-2", "tokens-2"], runs.Select(run => run.Name));
        Assert.Equal([1, 1, 1, 1, 2, 2], runs.Select(run => run.Job.Seed));
        Assert.Equal([5, 3, 3, 3, 3, 3], runs.Select(run => run.Job.Tuning.Epochs));
        Assert.Equal([0, 0, 1, 1, 0, 1], runs.Select(run => run.Job.Tuning.StructureWeight));
        Assert.Equal([512, 512, 512, 32, 512, 512], runs.Select(run => run.Job.Tuning.Crop));
        Assert.All(runs, run => Assert.Equal(["/data/a", "/data/b"], run.Job.Corpus.Structures));
    }

    [Fact]
    public void Should_make_once_what_the_runs_share()
    {
        var runs = StudyPlan.Of(Read(Sound));
        var start = runs[0].Job.Workspace;
        Assert.Equal(("", "", ""), (runs[0].Job.Model.From, runs[0].Job.Autoencoder.From, runs[0].Job.Codebook.From));
        Assert.All(runs.Skip(1), run => Assert.Equal(
            ($"{start}/model", $"{start}/autoencoder", $"{start}/codebook"),
            (run.Job.Model.From, run.Job.Autoencoder.From, run.Job.Codebook.From)));
        Assert.Single(runs.Select(run => run.Job.Featurizing.Cache).Distinct());
        Assert.Equal(runs.Count, runs.Select(run => run.Job.Workspace).Distinct().Count());
    }

    [Fact]
    public void Should_make_the_second_teacher_once_for_all_runs_that_ask_for_the_same()
    {
        var runs = StudyPlan.Of(Read(Sound
            .Replace("- name: tokens", "- name: tokens\n    set: { mutrank.alignments: /a3m }", StringComparison.Ordinal)
            .Replace("{ tuning.crop: 32 }", "{ mutrank.alignments: /a3m, mutrank.weight: 0.5 }", StringComparison.Ordinal)
            .Replace("masked residues alone", "another target", StringComparison.Ordinal)
            .Replace("set: { tuning.structureWeight: 0 }", "set: { mutrank.alignments: /a3m, mutrank.target: log-odds }", StringComparison.Ordinal)));
        var made = runs.ToDictionary(run => run.Name, run => run.Job.Mutrank);
        Assert.False(made["start"].IsOn);
        Assert.Equal(["", "", ""], new[] { "mlm-1", "tokens-1", "start" }.Select(name => made[name].From));
        var (first, other) = (runs.Single(run => run.Name == "tokens-1"), runs.Single(run => run.Name == "mlm-1"));
        Assert.Equal(
            [$"{first.Job.Workspace}/mutrank", $"{other.Job.Workspace}/mutrank", $"{first.Job.Workspace}/mutrank"],
            new[] { "short-1", "mlm-2", "tokens-2" }.Select(name => made[name].From));
        Assert.Equal(0.5, made["short-1"].Weight);
    }

    [Fact]
    public void Should_start_from_weights_that_are_there()
    {
        var given = Sound.Replace("start:\n  set: { tuning.structureWeight: 0, tuning.epochs: 5 }", "from: /weights/esm2", StringComparison.Ordinal);
        Assert.NotEqual(Sound, given);
        var runs = StudyPlan.Of(Read(given));
        Assert.Equal("mlm-1", runs[0].Name);
        Assert.All(runs, run => Assert.Equal("/weights/esm2", run.Job.Model.From));
        Assert.Equal("", runs[0].Job.Autoencoder.From);
        Assert.All(runs.Skip(1), run => Assert.Equal($"{runs[0].Job.Workspace}/autoencoder", run.Job.Autoencoder.From));
    }

    [Fact]
    public void Should_lay_overrides_over_the_file_and_arms_over_both()
    {
        var study = StudyFile.Read(Layer(Sound), _folder, ["tuning.crop=100", "tuning.epochs=1"], [], []);
        var runs = StudyPlan.Of(study);
        Assert.Equal([100, 100, 100, 32, 100, 100], runs.Select(run => run.Job.Tuning.Crop));
        Assert.Equal([5, 1, 1, 1, 1, 1], runs.Select(run => run.Job.Tuning.Epochs));
    }

    [Fact]
    public void Should_take_structures_from_the_command_line()
    {
        var study = StudyFile.Read(Layer(Sound), _folder, [], ["/data/x", "/data/y z"], ["/data/q"]);
        Assert.Equal(["/data/x", "/data/y z"], study.Evaluate.Train);
        Assert.Equal(["/data/q"], study.Evaluate.Test);
        var job = StudyPlan.Of(study)[^1].Job;
        Assert.Equal(["/data/x", "/data/y z"], job.Corpus.Structures);
        Assert.Equal(job.Corpus.Structures, job.Autoencoder.Structures);
        Assert.Equal(["/data/q"], job.Corpus.Heldout);
    }

    [Theory]
    [InlineData("baselin: mlm", "study.yaml:20: there is no 'baselin' in a study; did you mean 'baseline'?")]
    [InlineData("baseline: none", "study.yaml:20: baseline: there is no arm 'none'; there are mlm, tokens, short")]
    public void Should_say_what_is_wrong_and_where(string line, string message) =>
        Assert.Equal(message, Assert.Throws<JobFileException>(() => Read($"{Sound}\n{line}")).Message);

    [Theory]
    [InlineData("- name: tokens", "- name: mlm", "two arms are called 'mlm'")]
    [InlineData("- name: tokens", "- name: start", "'start': letters, digits and '-' only, and not 'start'")]
    [InlineData("  test: [/data/h]", "  tasks: [folding]\n  test: [/data/h]", "'folding' is none; there are secondary-structure, burial, contacts")]
    [InlineData("  test: [/data/h]", "  mostTrain: few\n  test: [/data/h]", "expected a whole number, not 'few'")]
    [InlineData("  test: [/data/h]", "", "name structures: folders, archives, lists")]
    [InlineData("tuning.crop: 32", "tuning.crap: 32", "did you mean 'crop'")]
    [InlineData("tuning.crop: 32", "tuning.crop: 0", "run short-1: tuning.crop = 0")]
    public void Should_refuse(string what, string instead, string message)
    {
        var text = Sound.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(Sound, text);
        var refused = Assert.Throws<JobFileException>(() => StudyPlan.Of(Read(text)));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    private StudyOptions Read(string text) => StudyFile.Read(Layer(text), _folder, [], [], []);

    private JobLayer Layer(string text) => JobLayer.FromYaml("study.yaml", text.Replace("WHERE", _folder, StringComparison.Ordinal));
}
