using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ism.Cli.Terminal;
using Ism.Corpus.Publishing;
using Ism.Structures;

namespace Ism.Cli.Verbs;

/// <summary>`ism data publish`: results to S3-compatible storage.</summary>
internal static class PublishVerb
{
    public static Command Create(VerbContext context)
    {
        var folder = new Argument<string>("FOLDER") { Description = "A job's workspace, or any folder" };
        var target = new Argument<string>("TARGET") { Description = "Where to: s3://bucket/prefix" };
        var only = new Option<string[]>("--only")
        {
            Description = $"Of a workspace: {string.Join(", ", WorkspaceParts.Names)}; all where none is named",
            HelpName = "PART",
            AllowMultipleArgumentsPerToken = true,
        };
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON" };
        var command = new Command("publish",
            "Copy a job's results to S3-compatible storage. Run again it sends what is not there yet; manifest.sha256 comes last.")
        {
            folder, target, only, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var source = Path.GetFullPath(Inputs.Existing("FOLDER", parsed.GetValue(folder)!));
            var files = WorkspaceParts.Files(source, Parts(source, parsed.GetValue(only) ?? []));
            if (files.Count == 0)
            {
                throw new UsageException($"FOLDER {source}: holds nothing to publish");
            }

            var publisher = new S3Publisher(S3Storage.Client, Target(parsed.GetValue(target)!));
            PublishSummary summary;
            await using (var display = ProgressDisplay.Create(context.Error))
            {
                var task = display.Begin("publish", files.Count, "files");
                summary = await publisher.RunAsync(source, files, (done, bytes) => task.Report(done, detail: $"{Megabytes(bytes)} MB"),
                    cancellation);
                task.Finish();
            }

            context.Output.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new
                {
                    folder = source,
                    sent = summary.Sent,
                    present = summary.Present,
                    bytes = summary.Bytes,
                    manifest = summary.Manifest,
                })
                : $"{summary.Sent} files sent ({Megabytes(summary.Bytes)} MB), {summary.Present} there already -> {summary.Manifest}");
            return ExitCode.Success;
        });
        return command;
    }

    private static IReadOnlyCollection<string> Parts(string folder, string[] named)
    {
        if (named.Length > 0 && !WorkspaceParts.IsWorkspace(folder))
        {
            throw new UsageException($"--only: {folder} is no workspace (it has no job.json); name the folder to publish instead");
        }

        return Array.Find(named, n => !WorkspaceParts.Names.Contains(n)) is { } unknown
            ? throw new UsageException($"--only {unknown}: a workspace has {string.Join(", ", WorkspaceParts.Names)}")
            : named.Length > 0 ? named : WorkspaceParts.Names;
    }

    private static S3Address Target(string text)
    {
        try
        {
            return S3Address.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"TARGET: {e.Message}", e);
        }
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString(bytes < 1e7 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
