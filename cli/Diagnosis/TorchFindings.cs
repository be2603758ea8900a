using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using TorchSharp;

namespace Ism.Cli.Diagnosis;

/// <summary>Whether torch's native libraries load and compute, and which C++ runtime they found.</summary>
internal static class TorchFindings
{
    private const string Needed = "GLIBCXX_3.4.32";

    public static IEnumerable<Finding> Find()
    {
        yield return Libtorch();
        if (OperatingSystem.IsLinux())
        {
            yield return CppRuntime();
        }
    }

    private static Finding Libtorch()
    {
        // TorchSharp tells how it looked for its libraries on standard output, where only findings belong.
        var output = Console.Out;
        Console.SetOut(TextWriter.Null);
        try
        {
            return Compute();
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or NotSupportedException or BadImageFormatException)
        {
            var cause = e.GetBaseException().Message.ReplaceLineEndings(" ");
            return new Finding("libtorch", FindingState.Missing, $"does not load: {cause}", "build again with ./ism, or name a folder by LIBTORCH (docs/gpu.md); on Linux libgomp1 and libstdc++6 are needed");
        }
        finally
        {
            Console.SetOut(output);
        }
    }

    // Apart, so that the types of torch are first touched inside the try above.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Finding Compute()
    {
        const int n = 1024;
        using var scope = torch.NewDisposeScope();
        var a = torch.ones(n, n);
        var product = a.mm(a);
        var rate = 0.0;
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            product = a.mm(a);
            rate = Math.Max(rate, 2.0 * n * n * n / clock.Elapsed.TotalSeconds / 1e9);
        }

        var corner = product[n - 1, 0].item<float>();
        if (corner != n)
        {
            return new Finding("libtorch", FindingState.Missing, $"computes wrongly: a product of ones is {corner}, not {n}", "build again with ./ism");
        }

        var device = torch.cuda.is_available() ? $"{torch.cuda.device_count()} CUDA device(s)" : "no CUDA device";
        return new Finding(
            "libtorch",
            FindingState.Ok,
            string.Create(CultureInfo.InvariantCulture, $"{torch.__version__}, {device}, {rate:0} GFLOP/s in a {n}x{n} product, {torch.get_num_threads()} thread(s)"));
    }

    private static Finding CppRuntime()
    {
        var loaded = File.ReadLines("/proc/self/maps").Select(l => l.Split(' ')[^1]).FirstOrDefault(p => p.Contains("libstdc++.so", StringComparison.Ordinal));
        if (loaded is null || !File.Exists(loaded))
        {
            return new Finding("libstdc++", FindingState.Missing, "not loaded", "install the package libstdc++6");
        }

        var newest = Newest(Encoding.Latin1.GetString(File.ReadAllBytes(loaded)));
        return new Finding("libstdc++", FindingState.Ok, $"{loaded}, {newest}; {Mend()}");
    }

    /// <summary>The newest GLIBCXX version that a C++ runtime offers.</summary>
    internal static string Newest(string image)
    {
        const string prefix = "GLIBCXX_3.4.";
        var newest = -1;
        for (var at = image.IndexOf(prefix, StringComparison.Ordinal); at >= 0; at = image.IndexOf(prefix, at + 1, StringComparison.Ordinal))
        {
            var end = at + prefix.Length;
            while (end < image.Length && char.IsAsciiDigit(image[end]))
            {
                end++;
            }

            if (int.TryParse(image.AsSpan(at + prefix.Length, end - at - prefix.Length), CultureInfo.InvariantCulture, out var minor))
            {
                newest = Math.Max(newest, minor);
            }
        }

        return newest < 0 ? "no GLIBCXX version in it" : $"{prefix}{newest}";
    }

    private static string Mend()
    {
        var bridge = Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");
        if (!File.Exists(bridge))
        {
            return "libLibTorchSharp.so is not beside the program";
        }

        var image = File.ReadAllBytes(bridge);
        if (!Encoding.Latin1.GetString(image).Contains(Needed, StringComparison.Ordinal))
        {
            return $"libLibTorchSharp.so does not ask for {Needed}";
        }

        return ElfVersionNeeds.Weaken(image, Needed) == 0
            ? $"libLibTorchSharp.so asks for {Needed}, marked weak by the build"
            : $"libLibTorchSharp.so asks for {Needed}, as delivered";
    }
}
