using System.Text.RegularExpressions;

namespace Ism.House.Tests;

/// <summary>What must be true of the files themselves.</summary>
public partial class RepositoryRuleTests
{
    private const int LongestFile = 400;

    // Path and reason: a table or a format that reads better in one place.
    private static readonly Dictionary<string, string> LongFiles = [];

    private static readonly string[] KeyFiles = [".pfx", ".p12", ".pem", ".key", ".crt", ".cer", ".jks", ".snk"];
    private static readonly string[] BuiltFiles = [".so", ".dll", ".dylib", ".exe", ".nupkg", ".o", ".a"];

    [Fact]
    public void Should_have_files_to_look_at()
    {
        Assert.Contains("ISM.sln", Repository.Files);
        Assert.Contains("tests/House.Tests/RepositoryRuleTests.cs", Repository.Files);
        Assert.DoesNotContain(Repository.Files, f => f.Contains("/obj/", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_keep_source_files_short()
    {
        var tooLong = Repository.Files
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && !LongFiles.ContainsKey(f))
            .Select(f => (File: f, Lines: File.ReadLines(Repository.Full(f)).Count()))
            .Where(f => f.Lines > LongestFile);
        Assert.Empty(tooLong);
        Assert.Empty(LongFiles.Keys.Except(Repository.Files));
    }

    [Fact]
    public void Should_hold_no_certificates_and_no_keys()
    {
        Assert.DoesNotContain(Repository.Files, f => KeyFiles.Contains(Path.GetExtension(f).ToLowerInvariant()));
        Assert.Empty(FilesMatching(PrivateKey()));
    }

    [Fact]
    public void Should_hold_nothing_that_a_build_makes() =>
        Assert.DoesNotContain(Repository.Files, f => BuiltFiles.Contains(Path.GetExtension(f).ToLowerInvariant()));

    [Fact]
    public void Should_hold_no_marks_of_a_merge() => Assert.Empty(FilesMatching(MergeMark()));

    [Fact]
    public void Should_name_no_package_registry() => Assert.Empty(FilesMatching(Registry()));

    [Fact]
    public void Should_name_no_folder_of_one_machine() => Assert.Empty(FilesMatching(MachineFolder()));

    [Fact]
    public void Should_be_text_with_unix_line_ends()
    {
        var withReturns = Repository.Files
            .Where(f => Path.GetExtension(f) is ".cs" or ".md" or ".yaml" or ".csproj" or ".props" or ".targets" or ".sh" or "")
            .Where(f => Repository.Text(f)?.Contains('\r', StringComparison.Ordinal) == true);
        Assert.Empty(withReturns);
    }

    [Theory]
    [InlineData("ism")]
    [InlineData("test")]
    [InlineData(".ci/run")]
    [InlineData("deploy/publish.sh")]
    [InlineData("benchmarks/gpu/run.sh")]
    public void Should_have_scripts_that_can_be_run(string script)
    {
        Assert.StartsWith("#!/usr/bin/env bash\n", File.ReadAllText(Repository.Full(script)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(Repository.Full(script)).HasFlag(UnixFileMode.UserExecute));
        }
    }

    [Fact]
    public void Readme_should_name_the_commands_of_a_new_user()
    {
        var readme = File.ReadAllText(Repository.Full("README.md"));
        Assert.Contains("./ism demo", readme);
        Assert.Contains("./ism run", readme);
        Assert.Contains("./test", readme);
    }

    private static IEnumerable<string> FilesMatching(Regex forbidden) =>
        from file in Repository.Files
        where file != "tests/House.Tests/RepositoryRuleTests.cs"
        let match = forbidden.Match(Repository.Text(file) ?? "")
        where match.Success
        select $"{file}: {match.Value}";

    [GeneratedRegex(@"^(<{7}|>{7}) ", RegexOptions.Multiline)]
    private static partial Regex MergeMark();

    [GeneratedRegex("-----BEGIN [A-Z ]*PRIVATE KEY-----|-----BEGIN CERTIFICATE-----")]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"nuget\.org|pypi\.org|pythonhosted|npmjs|artifactory|jfrog|pkg\.dev|pkgs\.dev\.azure|myget\.org", RegexOptions.IgnoreCase)]
    private static partial Regex Registry();

    [GeneratedRegex("""(^|[\s"'`=(:])(/work/|/home/[a-z]|/Users/[A-Za-z])""", RegexOptions.Multiline)]
    private static partial Regex MachineFolder();
}
