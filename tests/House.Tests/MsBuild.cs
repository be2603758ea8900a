using System.Diagnostics;

namespace Ism.House.Tests;

/// <summary>What MSBuild makes of a project. Nothing is restored or built.</summary>
internal static class MsBuild
{
    public static (int Code, string Output) Evaluate(string project, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(
            "dotnet", ["msbuild", Repository.Full(project), "-nologo", "-nodeReuse:false", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        return (run.ExitCode, output + errors.Result);
    }
}
