using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ism.Corpus.Downloads;

/// <summary>
/// Where the AlphaFold Protein Structure Database (DeepMind and EMBL-EBI, CC BY 4.0) keeps its files: models one by one under
/// <c>files/</c>, archives of proteomes with a list of them, <c>download_metadata.json</c>, on the download server.
/// </summary>
/// <param name="Files">Folder of the single files.</param>
/// <param name="Archives">Folder of the archives and their list.</param>
/// <param name="Version">Version of the database; part of the files' names.</param>
public sealed partial record AlphaFoldDatabase(Uri Files, Uri Archives, int Version)
{
    /// <summary>The version whose files the database serves since October 2025; those of version 4 are no longer there.</summary>
    public const int LatestVersion = 6;

    /// <summary>Public address of the single files.</summary>
    public const string PublicFiles = "https://alphafold.ebi.ac.uk/files/";

    /// <summary>Public address of the archives.</summary>
    public const string PublicArchives = "https://ftp.ebi.ac.uk/pub/databases/alphafold/latest/";

    /// <summary>Forms of a model that can be had.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["cif", "bcif", "pdb"];

    /// <summary>The model of an accession. Proteins of more than 2,700 residues are in the archives alone, in several
    /// fragments.</summary>
    public DownloadItem Model(string accession, string format, string folder)
    {
        var name = $"AF-{accession}-F1-model_v{Version.ToString(CultureInfo.InvariantCulture)}.{format}";
        return new DownloadItem(new Uri(Files, name), Path.Combine(folder, name));
    }

    /// <summary>The list of archives.</summary>
    public Uri Metadata => new(Archives, "download_metadata.json");

    /// <summary>Finds a proteome's archive in the list.</summary>
    /// <param name="metadata">Content of the list.</param>
    /// <param name="proteome">UniProt's id of the proteome, e.g. UP000005640.</param>
    /// <returns>Name of its archive (the newest where there are several), or null where the database has none.</returns>
    /// <exception cref="FormatException">That is not such a list.</exception>
    public static string? FindArchive(ReadOnlySpan<byte> metadata, string proteome)
    {
        try
        {
            var rows = JsonSerializer.Deserialize<List<ArchiveRow>>(metadata, JsonSerializerOptions.Web) ?? [];
            return rows.Where(r => r.ReferenceProteome == proteome && r.ArchiveName is { } name && ArchiveName().IsMatch(name))
                .Select(r => r.ArchiveName!)
                .OrderBy(n => int.Parse(ArchiveName().Match(n).Groups["version"].ValueSpan, CultureInfo.InvariantCulture))
                .LastOrDefault();
        }
        catch (JsonException e)
        {
            throw new FormatException($"the list of archives is not of the form expected: {e.Message}", e);
        }
    }

    /// <summary>Whether the text is the accession of a UniProt entry, by UniProt's own rule.</summary>
    public static bool IsAccession(string text) => Accession().IsMatch(text);

    /// <summary>Whether the text is the id of a UniProt proteome.</summary>
    public static bool IsProteome(string text) => Proteome().IsMatch(text);

    [GeneratedRegex(@"^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Accession();

    [GeneratedRegex(@"^UP[0-9]{9}\z")]
    private static partial Regex Proteome();

    // A name and nothing else: it becomes a file's name here.
    [GeneratedRegex(@"^[A-Za-z0-9_.-]+_v(?<version>[0-9]{1,4})\.tar\z", RegexOptions.ExplicitCapture)]
    private static partial Regex ArchiveName();

    private sealed record ArchiveRow(
        [property: System.Text.Json.Serialization.JsonPropertyName("archive_name")] string? ArchiveName,
        [property: System.Text.Json.Serialization.JsonPropertyName("reference_proteome")] string? ReferenceProteome);
}
