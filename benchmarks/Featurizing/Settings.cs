using System.Globalization;

namespace Ism.Benchmarks.Featurizing;

/// <summary>The command line.</summary>
/// <param name="Folder">Structures, read with subfolders.</param>
/// <param name="Rounds">Rounds that count, after two that warm up.</param>
/// <param name="Most">Files at most; the first by name.</param>
/// <param name="Chains">Chains that the encoder is measured on.</param>
/// <param name="Parts">Which of "structures", "encoder" and "featurizer" are measured.</param>
/// <param name="Shape">The only shape of encoder measured; empty: all.</param>
/// <param name="Json">One flat JSON object on standard output instead of tables.</param>
internal sealed record Settings(string Folder, int Rounds, int Most, int Chains, string[] Parts, string Shape, bool Json)
{
    public const string Usage = "dotnet run -c Release --project benchmarks/Featurizing -- [FOLDER] [--rounds N] [--files N] [--chains N] "
        + "[--only structures|encoder|featurizer] [--shape default|demo|wide] [--json]   (FOLDER: $ISM_STRUCTURES/train where not given)";

    public static Settings Parse(string[] args)
    {
        var folder = Environment.GetEnvironmentVariable("ISM_STRUCTURES") is { Length: > 0 } place ? Path.Combine(place, "train") : "";
        var settings = new Settings(folder, 7, int.MaxValue, 24, ["structures", "encoder", "featurizer"], "", false);
        for (var i = 0; i < args.Length; i++)
        {
            settings = args[i] switch
            {
                "--rounds" => settings with { Rounds = Number(args, ++i) },
                "--files" => settings with { Most = Number(args, ++i) },
                "--chains" => settings with { Chains = Number(args, ++i) },
                "--only" => settings with { Parts = [Text(args, ++i)] },
                "--shape" => settings with { Shape = Text(args, ++i) },
                "--json" => settings with { Json = true },
                _ when args[i].StartsWith('-') => throw new ArgumentException($"unknown option {args[i]}. {Usage}"),
                _ => settings with { Folder = args[i] },
            };
        }

        return Directory.Exists(settings.Folder)
            ? settings
            : throw new ArgumentException($"'{settings.Folder}' is no folder of structures. {Usage}");
    }

    /// <summary>Whether an encoder of this name is measured.</summary>
    public bool Measures(string shape) => Shape.Length == 0 || Shape == shape;

    private static int Number(string[] args, int index) =>
        int.TryParse(Text(args, index), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new ArgumentException($"{args[index - 1]} needs a number above 0. {Usage}");

    private static string Text(string[] args, int index) =>
        index < args.Length ? args[index] : throw new ArgumentException($"{args[index - 1]} needs a value. {Usage}");
}
