using Ism.Corpus.Downloads;
using Ism.Structures;

namespace Ism.Cli.Verbs;

/// <summary>What `ism data afdb` is to fetch, from what the user has given.</summary>
internal static class AfdbItems
{
    private const int MostShown = 5;

    /// <summary>The models of a file of accessions; one that stands there twice once. None without a file.</summary>
    /// <exception cref="UsageException">No such file, or lines that are no accessions, by number.</exception>
    public static List<DownloadItem> Of(AlphaFoldDatabase database, string folder, string? file, string format)
    {
        if (file is null)
        {
            return [];
        }

        var accessions = new List<string>();
        var bad = new List<string>();
        var number = 0;
        foreach (var text in File.ReadLines(Inputs.ExistingFile("--ids", file)))
        {
            number++;
            var hash = text.IndexOf('#', StringComparison.Ordinal);
            var line = (hash < 0 ? text : text[..hash]).Trim().ToUpperInvariant();
            if (line.Length > 0 && !AlphaFoldDatabase.IsAccession(line))
            {
                bad.Add($"line {number}: '{text.Trim()[..Math.Min(text.Trim().Length, 40)]}'");
            }
            else if (line.Length > 0)
            {
                accessions.Add(line);
            }
        }

        if (bad.Count > 0)
        {
            var more = bad.Count > MostShown ? $" and {bad.Count - MostShown} more lines" : "";
            throw new UsageException($"--ids {file}: no UniProt accession (such as P12345 or A0A0B7P221) in "
                + $"{string.Join(", ", bad.Take(MostShown))}{more}");
        }

        return accessions.Count == 0
            ? throw new UsageException($"--ids {file}: holds no accession")
            : [.. accessions.Distinct().Select(accession => database.Model(accession, format, folder))];
    }

    /// <exception cref="UsageException">Not the id of a proteome.</exception>
    public static List<string> Proteomes(string[] given)
    {
        var ids = given.Select(g => g.Trim().ToUpperInvariant()).Distinct().ToList();
        return ids.Find(id => !AlphaFoldDatabase.IsProteome(id)) is { } bad
            ? throw new UsageException($"--proteome {bad}: a proteome's id is UP and nine digits, such as UP000005640")
            : ids;
    }

    /// <summary>An archive, by the last part of its address.</summary>
    /// <exception cref="UsageException">That is no archive's name.</exception>
    public static DownloadItem Archive(Uri address, string folder)
    {
        var name = Uri.UnescapeDataString(address.Segments[^1]);
        return StructureFiles.IsArchive(name) && name == Path.GetFileName(name)
            ? new DownloadItem(address, Path.Combine(folder, name))
            : throw new UsageException($"--tar {address}: an archive ends in .tar, .tar.gz, .tgz or .tar.zst");
    }

    /// <summary>Looks the archives of proteomes up in the database's list.</summary>
    /// <exception cref="IOException">The list cannot be had, or does not have one of them.</exception>
    public static async Task<List<DownloadItem>> FindAsync(
        AlphaFoldDatabase database, List<string> proteomes, HttpClient client, string folder, CancellationToken cancellation)
    {
        if (proteomes.Count == 0)
        {
            return [];
        }

        byte[] list;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(TimeSpan.FromMinutes(1));
            list = await client.GetByteArrayAsync(database.Metadata, deadline.Token);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new IOException($"the list of archives, {database.Metadata}, cannot be had: {e.Message}", e);
        }

        return [.. proteomes.Select(id => AlphaFoldDatabase.FindArchive(list, id) is { } name
            ? new DownloadItem(new Uri(database.Archives, name), Path.Combine(folder, name))
            : throw new IOException($"the AlphaFold DB has no archive of proteome {id}: {database.Metadata} does not list it. "
                + "Give --ids with its accessions instead"))];
    }
}
