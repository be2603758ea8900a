using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Ism.Benchmarks.Featurizing;

/// <summary>The C++ program over gemmi beside this one: compiled once, then asked for one pass at a time, so that both sides take turns
/// on the same files in the same run.</summary>
internal sealed class GemmiPeer : IDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private GemmiPeer(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>Compiles and starts the program; null, with the reason, where that is not possible.</summary>
    public static GemmiPeer? Start(IReadOnlyList<string> files, double radius, out string reason)
    {
        var folder = Directory.CreateTempSubdirectory("ism-gemmi-").FullName;
        var program = Path.Combine(folder, "featurizing_gemmi");
        var source = Path.Combine(AppContext.BaseDirectory, "gemmi", "featurizing_gemmi.cpp");
        try
        {
            using var compiler = Process.Start(
                new ProcessStartInfo("g++", ["-O3", "-march=native", "-o", program, source, "-lz"]) { RedirectStandardError = true })!;
            var errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode != 0)
            {
                reason = "the C++ program does not compile (Debian: apt-get install g++ gemmi-dev tao-pegtl-dev zlib1g-dev): "
                    + errors.Split('\n')[0];
                Directory.Delete(folder, recursive: true);
                return null;
            }

            var list = Path.Combine(folder, "files.txt");
            File.WriteAllLines(list, files);
            var process = Process.Start(new ProcessStartInfo(program, [list, radius.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            reason = "";
            return new GemmiPeer(process, folder);
        }
        catch (Win32Exception e)
        {
            reason = $"g++ cannot be started: {e.Message}";
            Directory.Delete(folder, recursive: true);
            return null;
        }
    }

    /// <summary>One pass: "read", "clean", "neighbours" or "release".</summary>
    public PeerPass Run(string pass)
    {
        _process.StandardInput.WriteLine(pass);
        _process.StandardInput.Flush();
        var line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"the C++ program ended during '{pass}'");
        var words = line.Split(' ');
        return new PeerPass(
            double.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture),
            long.Parse(words[2], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>What a pass of the C++ program took: seconds, structures or residues, atoms.</summary>
internal readonly record struct PeerPass(double Seconds, long Items, long Atoms);
