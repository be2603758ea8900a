using System.Reflection;

namespace Ism.Cli.Jobs;

/// <summary>The named sets of settings that a job can start from; they are part of the executable (samples/variants).</summary>
public static class JobVariants
{
    private const string Prefix = "variants/";
    private const string Suffix = ".yaml";

    /// <summary>Names, smallest model first as far as the name tells.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..^Suffix.Length])
            .OrderBy(Size)
            .ThenBy(n => n, StringComparer.Ordinal)];

    /// <summary>The settings of a variant.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="place">Who asks, for the message.</param>
    /// <exception cref="JobFileException">There is no such variant.</exception>
    public static JobLayer Load(string name, string place)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name + Suffix);
        if (stream is null)
        {
            var near = NearestKey.Find(name, Names);
            throw new JobFileException(
                $"{place}: unknown variant '{name}'{(near is null ? "" : $"; did you mean '{near}'?")} (there are: {string.Join(", ", Names)})");
        }

        using var reader = new StreamReader(stream);
        return JobLayer.FromYaml($"variant {name}", reader.ReadToEnd());
    }

    private static double Size(string name) =>
        name.Length > 1 && double.TryParse(name[..^1], out var number)
            ? number * (name[^1] == 'B' ? 1e9 : 1e6)
            : 0;
}
