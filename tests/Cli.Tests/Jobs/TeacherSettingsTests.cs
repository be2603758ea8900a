using Ism.Cli.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Jobs;

public sealed class TeacherSettingsTests : IDisposable
{
    private const string Yaml =
        """
        teachers:
          - name: foldseek
            tokens: 3di.tsv
            alphabet: acdefghiklmnpqrstvwy
            weight: 0.5
          - {name: esm3, tokens: "a, {b}.arrow", clusters: 4096, excluded: auto, mostMissing: 0.25}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ism-teachers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_read_a_list_of_sections_and_print_it_so_that_it_gives_the_same_again()
    {
        var file = Layers.Resolve(Yaml, "tuning.structurePositions=masked");
        Assert.Equal(
            [
                new() { Name = "foldseek", Tokens = "3di.tsv", Alphabet = "acdefghiklmnpqrstvwy", Weight = 0.5 },
                new() { Name = "esm3", Tokens = "a, {b}.arrow", Clusters = 4096, Excluded = "auto", MostMissing = 0.25 },
            ],
            file.Job.Teachers);
        Assert.Equal([20, 4096], file.Job.Teachers.Select(teacher => teacher.TokenCount));
        Assert.Empty(JobValidation.Check(file.Job));
        foreach (var documented in (bool[])[true, false])
        {
            Assert.Equal(JobJson.Write(file.Job), JobJson.Write(Layers.Resolve(JobYaml.Write(file, documented)).Job));
        }

        Assert.Equal(JobJson.Write(file.Job), JobJson.Write(JobJson.Read(JobJson.Write(file.Job))));
        Assert.Equal("/base/3di.tsv", JobPaths.Resolve(file.Job, "/base").Teachers[0].Tokens);
        Assert.Empty(Layers.Resolve(Yaml, "teachers=[]").Job.Teachers);
        Assert.Equal("x", Assert.Single(Layers.Resolve(Yaml, "teachers=[{name: x}]").Job.Teachers).Name);
    }

    [Theory]
    [InlineData("teachers: [{nam: x}]", "did you mean 'name'")]
    [InlineData("teachers: [{clusters: many}]", "clusters: expected a whole number")]
    [InlineData("teachers: [x]", "expected a list of sections")]
    [InlineData("teachers: x", "expected a list of sections")]
    public void Should_refuse_what_is_no_list_of_teachers(string yaml, string expected)
    {
        var problem = Assert.Single(Layers.ProblemsOf(yaml));
        Assert.StartsWith("job.yaml:1: teachers: ", problem);
        Assert.Contains(expected, problem);
    }

    [Theory]
    [InlineData("{name: a b, tokens: t, clusters: 4}", "teachers[0].name")]
    [InlineData("{name: autoencoder, tokens: t, clusters: 4}", "is taken")]
    [InlineData("{name: a, clusters: 4}", "teachers[0].tokens = empty")]
    [InlineData("{name: a, tokens: t}", "teachers[0].clusters = 0")]
    [InlineData("{name: a, tokens: t, clusters: 4, alphabet: abc}", "teachers[0].clusters = 4")]
    [InlineData("{name: a, tokens: t, clusters: 4, excluded: 4}", "a token from 0 to 3")]
    [InlineData("{name: a, tokens: t, clusters: 4, weight: -1}", "teachers[0].weight")]
    [InlineData("{name: a, tokens: t, clusters: 4}, {name: a, tokens: t, clusters: 4}", "teachers[1].name")]
    public void Should_check_each_teacher(string teachers, string expected) =>
        Assert.Contains(expected, Assert.Single(JobValidation.Check(Layers.Resolve($"teachers: [{teachers}]").Job)));

    [Fact]
    public void Should_check_where_the_structure_loss_is_taken()
    {
        Assert.Contains("use all or masked", Assert.Single(JobValidation.Check(Layers.Resolve("", "tuning.structurePositions=some").Job)));
        Assert.Contains("tuning.maskFraction", Assert.Single(JobValidation.Check(
            Layers.Resolve("", "tuning.structurePositions=masked", "tuning.maskFraction=0", "tuning.mlmWeight=0").Job)));
    }

    [Fact]
    public void Should_look_into_the_files()
    {
        var good = Path.Combine(_folder, "good.tsv");
        File.WriteAllText(good, "name\ttokens\nx\t0 1\n");
        var bad = Path.Combine(_folder, "bad.tsv");
        File.WriteAllText(bad, "name\ttokens\n");
        var job = Layers.Resolve(
            "", $"teachers=[{{name: a, tokens: {good}, clusters: 4}}, {{name: b, tokens: {bad}, clusters: 4}}, {{name: c, tokens: /none.tsv, clusters: 4}}]").Job;
        var problems = JobValidation.CheckInputs(job).Where(problem => problem.StartsWith("teachers", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, problems.Count);
        Assert.Contains("holds no row", problems[0]);
        Assert.StartsWith("teachers[2].tokens = /none.tsv", problems[1]);
    }
}
