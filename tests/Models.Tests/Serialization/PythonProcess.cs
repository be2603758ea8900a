using System.ComponentModel;
using System.Diagnostics;

namespace Ism.Models.Tests.Serialization;

/// <summary>Runs a Python interpreter, where there is one, to check files against the programs they are written for.</summary>
internal static class PythonProcess
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>Exit code and output; code -1 when the program does not exist or does not end in time.</summary>
    public static (int Code, string Output, string Error) Run(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Deadline))
            {
                process.Kill(entireProcessTree: true);
                return (-1, "", $"{program} did not end within {Deadline}");
            }

            return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        }
        catch (Win32Exception e)
        {
            return (-1, "", e.Message);
        }
    }
}
