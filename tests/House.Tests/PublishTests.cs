using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ism.House.Tests;

/// <summary>deploy/publish.sh, which the image is made from. There is no container engine here: the image itself is not built.</summary>
public partial class PublishTests
{
    [SkippableFact]
    public void Should_publish_a_program_that_starts_in_another_folder()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "a bash script, and natives of Linux");
        var place = Directory.CreateTempSubdirectory("ism-publish-");
        try
        {
            var (program, elsewhere) = (Path.Combine(place.FullName, "ism"), place.CreateSubdirectory("elsewhere").FullName);
            var made = Run("bash", Repository.Full("."), Repository.Full("deploy/publish.sh"), program, "cpu");
            Assert.True(made.Code == 0, made.Output + made.Errors);
            Assert.DoesNotContain(Directory.GetFiles(program), file => new FileInfo(file).LinkTarget is not null);
            Assert.Empty(Directory.GetFiles(program, "*.pdb"));

            var said = Run(Path.Combine(program, "ism"), elsewhere, "doctor", "--json", "--workspace", elsewhere);
            using var findings = JsonDocument.Parse(said.Output);
            var torch = findings.RootElement.EnumerateArray().Single(finding => finding.GetProperty("name").GetString() == "libtorch");
            Assert.NotEqual("missing", torch.GetProperty("state").GetString());
            Assert.Contains(findings.RootElement.EnumerateArray(), finding =>
                finding.GetProperty("value").GetString()!.Contains(program, StringComparison.Ordinal));
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }

    [SkippableTheory]
    [InlineData("name a folder")]
    [InlineData("'gpu' is neither cpu, cuda nor none", "somewhere", "gpu")]
    [InlineData("unknown argument '--cuda'", "somewhere", "--cuda")]
    public void Should_say_what_is_wrong_with_its_arguments(string says, params string[] arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "a bash script");
        var said = Run("bash", Path.GetTempPath(), [Repository.Full("deploy/publish.sh"), .. arguments]);
        Assert.Equal(2, said.Code);
        Assert.Contains(says, said.Errors);
    }

    [Fact]
    public void Image_should_be_made_by_that_script_from_images_of_the_callers_choice_and_not_run_as_root()
    {
        var lines = File.ReadAllLines(Repository.Full("deploy/Dockerfile"));
        Assert.Contains(lines, line => line.Contains("deploy/publish.sh /out \"${TORCH}\"", StringComparison.Ordinal));
        Assert.Equal(
            ["${SDK_IMAGE} AS build", "${RUNTIME_IMAGE}"],
            lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).Select(line => line[5..]));
        Assert.Contains(lines, line => User().IsMatch(line));
        Assert.Contains("ENTRYPOINT [\"ism\"]", lines);
        Assert.Equal(2, lines.Count(line => line is "ARG SDK_IMAGE" or "ARG RUNTIME_IMAGE"));
    }

    private static (int Code, string Output, string Errors) Run(string program, string folder, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        return (run.ExitCode, output, errors.Result);
    }

    [GeneratedRegex("^USER [1-9][0-9]*")]
    private static partial Regex User();
}
