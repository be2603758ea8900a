using System.Text.RegularExpressions;

namespace Ism.Structures;

/// <summary>
/// A name of the AlphaFold Protein Structure Database: AF-(accession)-F(fragment)-model_v(version), with or without the model
/// part. Equality is by value.
/// </summary>
/// <param name="Accession">UniProt accession, upper case, with the isoform ("P12345-2") where the name has one.</param>
/// <param name="Fragment">Fragment number, from 1; proteins over 2,700 residues have several.</param>
/// <param name="Version">Database version, or null when the name does not say.</param>
public readonly partial record struct AlphaFoldName(string Accession, int Fragment, int? Version)
{
    /// <summary>Reads a file name or path; folders and extensions are ignored.</summary>
    /// <returns>False when it is no such name.</returns>
    public static bool TryParse(string path, out AlphaFoldName name)
    {
        name = default;
        var match = Pattern().Match(Path.GetFileName(path));
        if (!match.Success || !int.TryParse(match.Groups["fragment"].ValueSpan, out var fragment))
        {
            return false;
        }

        int? version = int.TryParse(match.Groups["version"].ValueSpan, out var number) ? number : null;
        name = new AlphaFoldName(match.Groups["accession"].Value.ToUpperInvariant(), fragment, version);
        return true;
    }

    /// <summary>The name as the database writes it.</summary>
    public override string ToString() => Version is { } v ? $"AF-{Accession}-F{Fragment}-model_v{v}"
        : $"AF-{Accession}-F{Fragment}";

    [GeneratedRegex(@"^AF-(?<accession>[A-Z0-9]+(-[0-9]+)?)-F(?<fragment>[0-9]{1,6})(-model_v(?<version>[0-9]{1,6}))?(\.|_|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
