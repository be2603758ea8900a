using System.Globalization;

namespace Ism.Benchmarks.Elastic;

/// <summary>What the command line says.</summary>
internal sealed record Settings
{
    /// <summary>Where files are left.</summary>
    public string Out { get; private init; } = "elastic";

    /// <summary>The built program.</summary>
    public string Program { get; private init; } = Path.Combine("cli", "bin", "Release", "net10.0", "ism");

    /// <summary>Rendered manifests; empty: kubectl renders deploy/k8s/overlays/gpu.</summary>
    public string Manifests { get; private init; } = "";

    /// <summary>Generated proteins.</summary>
    public int Proteins { get; private init; } = 600;

    /// <summary>Most featurizers on this machine, where the rule allows more.</summary>
    public int Most { get; private init; } = 4;

    /// <summary>How much faster than in the manifest everything goes.</summary>
    public double Faster { get; private init; } = 15;

    /// <summary>Stay at so many featurizers instead of following the rule; 0: follow it.</summary>
    public int Fixed { get; private init; }

    public static Settings Parse(string[] args)
    {
        var settings = new Settings();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new ArgumentException($"{args[i]} needs a value");
            int Number() => int.Parse(value, CultureInfo.InvariantCulture);
            settings = args[i] switch
            {
                "--out" => settings with { Out = value },
                "--program" => settings with { Program = value },
                "--manifests" => settings with { Manifests = value },
                "--proteins" => settings with { Proteins = Number() },
                "--most" => settings with { Most = Number() },
                "--faster" => settings with { Faster = double.Parse(value, CultureInfo.InvariantCulture) },
                "--fixed" => settings with { Fixed = Number() },
                _ => throw new ArgumentException(
                    $"{args[i]}: --out, --program, --manifests, --proteins, --most, --faster and --fixed are known"),
            };
        }

        return settings;
    }
}
