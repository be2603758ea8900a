using System.Diagnostics;

namespace Ism.Evaluation.Tests.Labels;

/// <summary>An independent program of the system, run on a file; a test that needs one that is absent is skipped.</summary>
internal static class OtherProgram
{
    public static void Require(string name) => Skip.IfNot(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name))),
        $"{name} is not installed");

    /// <summary>Runs it and returns what it wrote to standard output.</summary>
    public static string Run(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }
}
