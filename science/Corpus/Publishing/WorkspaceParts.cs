namespace Ism.Corpus.Publishing;

/// <summary>The parts of a workspace that are results. Job, journal, membership and logs are not: they serve the run alone,
/// and a job may hold a database's password.</summary>
public static class WorkspaceParts
{
    /// <summary>The parts by name: folders, and the accounts of the run.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["model", "checkpoints", "autoencoder", "codebook", "catalogue", "tokens", "report"];

    private static readonly string[] Reports = ["report.html", "metrics.jsonl", "quarantine.tsv"];

    /// <summary>Whether a folder is a workspace.</summary>
    public static bool IsWorkspace(string folder) => File.Exists(Path.Combine(folder, "job.json"));

    /// <summary>Files of parts of a workspace, or of all of another folder; by name below it, ordered. What begins with a dot
    /// or ends in .tmp, .new or .part is being written and left out, as are unfinished checkpoints.</summary>
    public static IReadOnlyList<string> Files(string folder, IReadOnlyCollection<string> parts)
    {
        var workspace = IsWorkspace(folder);
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Where(name => !IsUnfinished(name) && (!workspace || parts.Contains(PartOf(name))))
            .Order(StringComparer.Ordinal)];
    }

    private static string PartOf(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? Reports.Contains(name) ? "report" : "" : name[..slash];
    }

    private static bool IsUnfinished(string name)
    {
        var parts = name.Split('/');
        return parts.Any(p => p.StartsWith('.') || p.EndsWith(".tmp", StringComparison.Ordinal)
                || p.EndsWith(".new", StringComparison.Ordinal) || p.EndsWith(".part", StringComparison.Ordinal))
            || (parts is ["checkpoints", var step, ..] && !step.StartsWith("step-", StringComparison.Ordinal));
    }
}
