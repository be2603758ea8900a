namespace Ism.Protocol.Jobs;

/// <summary>
/// Where things lie in a job's workspace. Names are relative to the workspace, so that messages mean the same on every node whatever
/// the folder is called there; <see cref="At"/> makes them absolute.
/// </summary>
/// <param name="Root">The workspace folder on this node.</param>
public sealed record Workspace(string Root)
{
    /// <summary>The resolved job.</summary>
    public const string Job = JobJson.FileName;

    /// <summary>Catalogues, one folder each.</summary>
    public const string Catalogues = "catalogue";

    /// <summary>The finished autoencoder.</summary>
    public const string Autoencoder = "autoencoder";

    /// <summary>The finished codebook.</summary>
    public const string Codebook = "codebook";

    /// <summary>What there is of MutRank.</summary>
    public const string MutRank = "mutrank";

    /// <summary>MutRank's finished encoder.</summary>
    public const string MutRankEncoder = "mutrank/encoder";

    /// <summary>MutRank's finished codebook.</summary>
    public const string MutRankCodebook = "mutrank/codebook";

    /// <summary>Every chain of the structures that MutRank is made from, and what its alignment gave.</summary>
    public const string MutRankAlignments = "mutrank/alignments.tsv";

    /// <summary>Token files, one folder for each catalogue.</summary>
    public const string Tokens = "tokens";

    /// <summary>Checkpoints of structure-tuning.</summary>
    public const string Checkpoints = "checkpoints";

    /// <summary>The structure-tuned model as a Hugging Face folder.</summary>
    public const string Model = "model";

    /// <summary>What is needed only until its stage is complete: embeddings, k-means passes, checkpoints of the autoencoder.</summary>
    public const string Work = "work";

    /// <summary>Records of what is under way in featurizers, one file a chunk.</summary>
    public const string Attempts = "work/attempts";

    /// <summary>One JSON object a line: steps and evaluations of every stage.</summary>
    public const string Metrics = "metrics.jsonl";

    /// <summary>TensorBoard's event files, one folder for each stage.</summary>
    public const string TensorBoard = "tensorboard";

    /// <summary>One <see cref="RunEvent"/> a line: everything the job has said, over all its coordinators.</summary>
    public const string Events = "events.jsonl";

    /// <summary>Every structure that was refused, with its reason.</summary>
    public const string Quarantine = "quarantine.tsv";

    /// <summary>The report for people.</summary>
    public const string Report = "report.html";

    /// <summary>Log of each node.</summary>
    public const string Logs = "logs";

    /// <summary>Storage that the workspace lies on, its folder being a cache; null where the folder is the workspace, and then none of what
    /// follows does anything.</summary>
    public IWorkspaceStore? Store { get; init; }

    /// <summary>An absolute path; a name that is absolute already (a model given by the user) stays as it is.</summary>
    public string At(params string[] parts) => Path.GetFullPath(Path.Combine([Root, .. parts]));

    /// <summary>The resolved job of this workspace.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public JobOptions ReadJob()
    {
        var path = At(Job);
        return File.Exists(path)
            ? JobJson.Load(path)
            : throw new FileNotFoundException($"{path} is missing; is {Root} the workspace of a job, and does this node reach it?", path);
    }

    /// <summary><see cref="IWorkspaceStore.Keep"/> of a file, by its name or its absolute path. What lies outside the workspace is left alone,
    /// here and in the following.</summary>
    public void Keep(string file, CancellationToken cancel = default)
    {
        if (Store is not null && NameOf(file) is { } name)
        {
            Store.Keep(name, cancel);
        }
    }

    /// <summary><see cref="IWorkspaceStore.KeepFolder"/>.</summary>
    public void KeepFolder(string folder, CancellationToken cancel = default)
    {
        if (Store is not null && NameOf(folder) is { } name)
        {
            Store.KeepFolder(name, cancel);
        }
    }

    /// <summary><see cref="IWorkspaceStore.Bring"/>: whether a file is in the folder, having been fetched if need be.</summary>
    public bool Bring(string file, bool patient = true)
    {
        var path = At(file);
        return File.Exists(path) || (Store is not null && NameOf(path) is { } name && Store.Bring(name, patient));
    }

    /// <summary>The path of a file that is fetched first if need be.</summary>
    public string Brought(string file)
    {
        _ = Store is null || Bring(file);
        return file;
    }

    /// <summary><see cref="IWorkspaceStore.BringLog"/>.</summary>
    public void BringLog(string file)
    {
        if (Store is not null && NameOf(file) is { } name)
        {
            Store.BringLog(name);
        }
    }

    /// <summary><see cref="IWorkspaceStore.BringFolder"/>; an empty name is none.</summary>
    public void BringFolder(string folder)
    {
        if (Store is not null && folder.Length > 0 && NameOf(folder) is { } name)
        {
            _ = Store.BringFolder(name);
        }
    }

    // Null for what lies outside the workspace: a model given by the user.
    private string? NameOf(string path)
    {
        var name = Path.GetRelativePath(At(), At(path)).Replace('\\', '/');
        return name == ".." || name.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(name) ? null : name;
    }
}
