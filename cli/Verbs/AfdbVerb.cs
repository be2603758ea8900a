using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ism.Cli.Terminal;
using Ism.Corpus.Downloads;

namespace Ism.Cli.Verbs;

/// <summary>`ism data afdb`: models of the AlphaFold Protein Structure Database, one by one or in archives.</summary>
internal static class AfdbVerb
{
    public static Command Create(VerbContext context)
    {
        var ids = new Option<string>("--ids") { Description = "File of UniProt accessions, one a line; # begins a comment", HelpName = "FILE" };
        var proteomes = new Option<string[]>("--proteome") { Description = "Archive of a UniProt proteome, e.g. UP000005640", HelpName = "UP…" };
        var tars = new Option<string[]>("--tar") { Description = "Archive at an address", HelpName = "URL" };
        var output = new Option<string>("--out") { Description = "Folder to save to", HelpName = "FOLDER", DefaultValueFactory = _ => "afdb" };
        var format = new Option<string>("--format") { Description = "With --ids: cif, bcif or pdb", HelpName = "FORMAT", DefaultValueFactory = _ => "cif" };
        var version = Number("--version", "Version of the database, part of its files' names", AlphaFoldDatabase.LatestVersion);
        var files = new Option<string>("--files-url")
        {
            Description = "Address of the single files",
            HelpName = "URL",
            DefaultValueFactory = _ => AlphaFoldDatabase.PublicFiles,
        };
        var archives = new Option<string>("--archives-url")
        {
            Description = "Address of the archives and their list",
            HelpName = "URL",
            DefaultValueFactory = _ => AlphaFoldDatabase.PublicArchives,
        };
        var defaults = new DownloadOptions();
        var connections = Number("--connections", "Requests under way at once", defaults.Connections);
        var rate = Number("--requests-per-second", "Requests begun in a second at most", (int)defaults.RequestsPerSecond);
        var tries = Number("--tries", "Tries in a row that bring nothing before a file is given up", defaults.Tries);
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON" };
        var command = new Command("afdb",
            "Fetch models of the AlphaFold DB: --ids, --proteome, --tar, or several of them. Run again it goes on where it ended.")
        {
            ids, proteomes, tars, output, format, version, files, archives, connections, rate, tries, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new DownloadOptions
            {
                Connections = Inputs.AtLeastOne("--connections", parsed.GetValue(connections)),
                RequestsPerSecond = Inputs.AtLeastOne("--requests-per-second", parsed.GetValue(rate)),
                Tries = Inputs.AtLeastOne("--tries", parsed.GetValue(tries)),
            };
            var database = new AlphaFoldDatabase(
                Address("--files-url", parsed.GetValue(files)!, folder: true),
                Address("--archives-url", parsed.GetValue(archives)!, folder: true),
                Inputs.AtLeastOne("--version", parsed.GetValue(version)));
            var folder = Path.GetFullPath(parsed.GetValue(output)!);
            if (File.Exists(folder))
            {
                throw new UsageException($"--out {folder}: is a file; name a folder");
            }

            // All that the user has given is checked before anything is asked for.
            var items = AfdbItems.Of(database, folder, parsed.GetValue(ids), Format(parsed.GetValue(format)!));
            var names = AfdbItems.Proteomes(parsed.GetValue(proteomes) ?? []);
            items.AddRange((parsed.GetValue(tars) ?? []).Select(url => AfdbItems.Archive(Address("--tar", url, folder: false), folder)));
            if (items.Count + names.Count == 0)
            {
                throw new UsageException("nothing to fetch: give --ids FILE, --proteome UP… or --tar URL");
            }

            using var client = Downloader.CreateClient("ism/0.1");
            using var downloader = new Downloader(client, options);
            var clock = Stopwatch.StartNew();
            items.AddRange(await AfdbItems.FindAsync(database, names, client, folder, cancellation));
            var summary = await FetchAsync(context, downloader, options, folder, items, cancellation);
            Print(context, folder, summary, clock.Elapsed, parsed.GetValue(json));
            return summary.Count(DownloadOutcome.Failed) > 0 ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static async Task<DownloadSummary> FetchAsync(
        VerbContext context, Downloader downloader, DownloadOptions options, string folder, List<DownloadItem> items,
        CancellationToken cancellation)
    {
        await using var display = ProgressDisplay.Create(context.Error);
        var task = display.Begin("afdb", items.Count, "files");
        var run = new DownloadRun(downloader, folder, options)
        {
            Progress = (done, count, bytes) => task.Report(done, count, $"{Megabytes(bytes)} MB"),
        };
        var summary = await run.RunAsync(items, cancellation);
        task.Finish();
        return summary;
    }

    private static void Print(VerbContext context, string folder, DownloadSummary summary, TimeSpan time, bool json)
    {
        var bad = summary.Results.Where(r => r.Outcome is DownloadOutcome.Missing or DownloadOutcome.Failed).ToList();
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(new
            {
                folder,
                saved = summary.Count(DownloadOutcome.Saved),
                present = summary.Count(DownloadOutcome.Present),
                missing = Names(DownloadOutcome.Missing),
                failed = bad.Where(r => r.Outcome == DownloadOutcome.Failed)
                    .Select(r => new { file = Path.GetFileName(r.Item.Path), reason = r.Message }),
                bytes = summary.Bytes,
                seconds = time.TotalSeconds,
            }));
            return;
        }

        const int Shown = 20;
        foreach (var result in bad.Take(Shown))
        {
            var missing = result.Outcome == DownloadOutcome.Missing;
            context.Error.WriteLine($"{(missing ? "missing" : "failed")}: {result.Message}");
        }

        if (bad.Count > Shown)
        {
            context.Error.WriteLine($"… and {bad.Count - Shown} more in {DownloadRun.MissingName} and {DownloadRun.FailedName}");
        }

        context.Output.WriteLine($"{summary.Count(DownloadOutcome.Saved)} saved, {summary.Count(DownloadOutcome.Present)} there already, "
            + $"{summary.Count(DownloadOutcome.Missing)} missing, {summary.Count(DownloadOutcome.Failed)} failed, "
            + $"{Megabytes(summary.Bytes)} MB -> {folder}");

        IEnumerable<string?> Names(DownloadOutcome outcome) =>
            bad.Where(r => r.Outcome == outcome).Select(r => Path.GetFileName(r.Item.Path));
    }

    private static string Format(string format) => AlphaFoldDatabase.Formats.Contains(format)
        ? format
        : throw new UsageException($"--format {format}: {string.Join(", ", AlphaFoldDatabase.Formats)} can be had");

    private static Uri Address(string option, string text, bool folder)
    {
        var whole = folder && !text.EndsWith('/') ? text + "/" : text;
        return Uri.TryCreate(whole, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new UsageException($"{option} {text}: no address that begins with http:// or https://");
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString(bytes < 1e7 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
}
