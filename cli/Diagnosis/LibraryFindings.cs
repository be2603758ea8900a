using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using TorchSharp;

namespace Ism.Cli.Diagnosis;

/// <summary>Where each native library that is used was found. Asked after torch has computed, so that its own are loaded.</summary>
internal static class LibraryFindings
{
    /// <param name="gpus">Devices found: without one, what only they need is no loss.</param>
    public static IEnumerable<Finding> Find(int gpus)
    {
        var loaded = Loaded();
        yield return Needed(loaded, "torch bridge", "LibTorchSharp", "build again with ./ism");
        yield return Needed(
            loaded, "libtorch_cpu", "torch_cpu", "build again with ./ism, or set LIBTORCH to a folder that has lib/libtorch_cpu.so");
        yield return Cuda(loaded, gpus);
        yield return Runtime(loaded, gpus);
        yield return Sqlite();
    }

    /// <summary>File names without folder, with the path they were loaded from.</summary>
    private static Dictionary<string, string> Loaded()
    {
        var modules = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            foreach (ProcessModule module in Process.GetCurrentProcess().Modules)
            {
                modules.TryAdd(module.ModuleName, module.FileName);
            }
        }
        catch (Win32Exception)
        {
            // The system does not tell; then nothing is known to be loaded.
        }

        return modules;
    }

    private static string? PathOf(Dictionary<string, string> loaded, string name) => loaded.FirstOrDefault(module =>
        module.Key.StartsWith($"lib{name}.", StringComparison.OrdinalIgnoreCase)
        || module.Key.StartsWith($"{name}.", StringComparison.OrdinalIgnoreCase)
        || module.Key.StartsWith($"lib{name}-", StringComparison.OrdinalIgnoreCase)).Value;

    private static Finding Needed(Dictionary<string, string> loaded, string finding, string name, string advice) =>
        PathOf(loaded, name) is { } path
            ? new Finding(finding, FindingState.Ok, path)
            : new Finding(finding, FindingState.Missing, "not loaded", advice);

    private static Finding Cuda(Dictionary<string, string> loaded, int gpus)
    {
        const string name = "libtorch_cuda";
        if (PathOf(loaded, "torch_cuda") is { } path)
        {
            return new Finding(name, FindingState.Ok, $"{path}{Devices()}");
        }

        return gpus > 0
            ? new Finding(
                name, FindingState.Warning, "not loaded: this build computes on the CPU",
                "build with ISM_BUILD_ARGS=-p:Torch=cuda, or set LIBTORCH to a libtorch with CUDA (docs/gpu.md)")
            : new Finding(name, FindingState.Ok, "not loaded, and there is no GPU");
    }

    // Apart, so that the types of torch are first touched where it is known to be loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Devices() => $", {(torch.cuda.is_available() ? torch.cuda.device_count() : 0)} device(s) usable";

    private static Finding Runtime(Dictionary<string, string> loaded, int gpus)
    {
        const string name = "cudart";
        var path = PathOf(loaded, "cudart");
        return path is not null ? new Finding(name, FindingState.Ok, path)
            : PathOf(loaded, "torch_cuda") is not null ? new Finding(name, FindingState.Ok, "linked into libtorch")
            : new Finding(name, FindingState.Ok, gpus > 0 ? "not loaded; comes with libtorch_cuda" : "not loaded, and there is no GPU");
    }

    private static Finding Sqlite()
    {
        const string name = "sqlite";
        try
        {
            using var connection = new SqliteConnection("Data Source=:memory:");
            connection.Open();
            return new Finding(name, FindingState.Ok, $"{connection.ServerVersion}, {PathOf(Loaded(), "e_sqlite3") ?? "linked in"}");
        }
        catch (Exception e) when (e is SqliteException or DllNotFoundException or TypeInitializationException)
        {
            var cause = e.GetBaseException().Message.ReplaceLineEndings(" ");
            return new Finding(name, FindingState.Missing, $"does not work: {cause}", "build again with ./ism; the ledger's journal needs it");
        }
    }
}
