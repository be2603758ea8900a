using System.Runtime.InteropServices;

namespace Ism.Collectives.Nccl;

/// <summary>A native library, opened under the first of several names that is there, and its functions by name.</summary>
internal sealed class NativeExports
{
    private readonly nint _library;

    private NativeExports(nint library, string name) => (_library, Name) = (library, name);

    /// <summary>The name or path under which it was found.</summary>
    public string Name { get; }

    /// <summary>Opens a library.</summary>
    /// <param name="what">What it is, for the message.</param>
    /// <param name="given">A path or name; then no other is tried. Null or empty: <paramref name="names"/>.</param>
    /// <param name="names">Tried in this order.</param>
    /// <param name="probe">A function that it must have; one that has it not is passed over.</param>
    /// <param name="advice">What to do when there is none.</param>
    /// <exception cref="LibraryUnavailableException">None of them can be opened.</exception>
    public static NativeExports Open(string what, string? given, IReadOnlyList<string> names, string probe, string advice)
    {
        var tried = new List<string>();
        foreach (var name in string.IsNullOrEmpty(given) ? names : [given])
        {
            try
            {
                var library = NativeLibrary.Load(name);
                if (NativeLibrary.TryGetExport(library, probe, out _))
                {
                    return new(library, name);
                }

                tried.Add($"{name} has no {probe}");
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                tried.Add($"{name} cannot be opened ({Reason(e.Message)})");
            }
        }

        throw new LibraryUnavailableException($"no {what}: {string.Join("; ", tried)}. {advice}");
    }

    /// <summary>Address of a function.</summary>
    /// <exception cref="LibraryUnavailableException">The library has none of this name.</exception>
    public nint Of(string function) => NativeLibrary.TryGetExport(_library, function, out var address)
        ? address
        : throw new LibraryUnavailableException($"{Name} has no function {function}: it is too old, or another library");

    // The loader's own words are the last line but one of a long explanation.
    private static string Reason(string message) =>
        message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .FirstOrDefault(line => line.Contains("cannot open", StringComparison.Ordinal)
                || line.Contains("invalid ELF", StringComparison.Ordinal)
                || line.Contains("undefined symbol", StringComparison.Ordinal)) ?? "not found";
}
