using System.Text.RegularExpressions;
using Ism.Cli.Jobs;
using Ism.Cli.Reference;
using Ism.Tests;

namespace Ism.Cli.Tests.Reference;

/// <summary>docs/configuration.md is what the code gives.</summary>
public partial class ConfigurationPageTests
{
    private static readonly string Page = Path.Combine(ReferenceData.Root, "docs", "configuration.md");

    [Fact]
    public async Task Should_be_what_the_code_gives()
    {
        var run = await Invocation.Of("reference");
        Assert.Equal(0, run.Code);
        var made = run.Output;
        var stands = File.Exists(Page) ? await File.ReadAllTextAsync(Page) : "";
        var differs = made.Split('\n').Zip(stands.Split('\n'), (one, other) => (First: one, Second: other)).FirstOrDefault(pair => pair.First != pair.Second);
        Assert.True(
            made == stands,
            $"docs/configuration.md is older than the code; `./ism reference > docs/configuration.md` writes it again. First difference:\n"
            + $"made:   {differs.First}\nstands: {differs.Second}");
    }

    [Fact]
    public void Should_say_of_every_setting_what_it_means()
    {
        Assert.NotEmpty(Setting.Leaves);
        Assert.All(Setting.Leaves, s => Assert.True(SettingDocumentation.Of(s).Length > 0, $"{s.Path} has no summary where it is declared"));
        Assert.Empty(JobValidation.Limits().Keys.Except(Setting.Leaves.Select(s => s.Path)));
    }

    [Fact]
    public void Should_bound_every_number()
    {
        Type[] numbers = [typeof(int), typeof(long), typeof(double)];
        var unbounded = Setting.Leaves.Where(s => numbers.Contains(s.Type)).Select(s => s.Path).Except(JobValidation.Limits().Keys);
        Assert.Equal(["seed"], unbounded);
    }

    [Fact]
    public void Should_name_every_variable_that_the_program_reads()
    {
        var folders = new[] { "cli", "cluster", "collectives", "nodes", "protocol", "science" };
        var read = folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(ReferenceData.Root, f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.EndsWith("EnvironmentTable.cs", StringComparison.Ordinal) && !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(f => Variable().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value))
            .Distinct().Order(StringComparer.Ordinal);
        Assert.Contains("ISM_HOME", read);
        var told = EnvironmentTable.All.Select(v => v.Name).ToList();
        Assert.Empty(read.Except(told));

        // The script `./ism` reads one more.
        Assert.Equal(["ISM_BUILD_ARGS"], told.Where(n => n.StartsWith("ISM_", StringComparison.Ordinal)).Except(read));
    }

    [GeneratedRegex("\"(?<name>ISM_[A-Z_]+)\"")]
    private static partial Regex Variable();
}
