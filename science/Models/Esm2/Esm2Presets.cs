namespace Ism.Models.Esm2;

/// <summary>The published sizes.</summary>
public static class Esm2Presets
{
    /// <summary>Name, e.g. "650M", and shape, smallest first.</summary>
    public static IReadOnlyList<(string Name, Esm2Config Config)> All { get; } =
    [
        ("8M", new Esm2Config(6, 320, 20)),
        ("35M", new Esm2Config(12, 480, 20)),
        ("150M", new Esm2Config(30, 640, 20)),
        ("650M", new Esm2Config(33, 1280, 20)),
        ("3B", new Esm2Config(36, 2560, 40)),
        ("15B", new Esm2Config(48, 5120, 40)),
    ];

    /// <summary>The shape of a published size; case does not matter.</summary>
    /// <exception cref="ArgumentException">No size has this name.</exception>
    public static Esm2Config Get(string name)
    {
        foreach (var (known, config) in All)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            {
                return config;
            }
        }

        throw new ArgumentException($"no ESM2 size '{name}'; known are {string.Join(", ", All.Select(p => p.Name))}");
    }
}
