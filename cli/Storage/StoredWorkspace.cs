using System.Security.Cryptography;
using System.Text;
using Ism.Cli.Jobs;
using Ism.Corpus.Publishing;
using Ism.Protocol.Files;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Cli.Storage;

/// <summary>
/// A workspace on S3-compatible storage and the folder on this machine that is its cache. The folder may be emptied at any time while no node
/// runs. A workspace has an id on the storage; a folder that was the cache of another one, since deleted, is emptied before it is used.
/// </summary>
internal static class StoredWorkspace
{
    /// <summary>Names the folder below which caches lie.</summary>
    public const string ScratchVariable = "ISM_SCRATCH";

    /// <summary>Below the cache: what is being fetched.</summary>
    public const string Temporary = ".fetching";

    private const string IdName = "workspace.id";
    private const int HashLength = 8;
    private const int LongestName = 60;
    private static readonly TimeSpan OpensWithin = TimeSpan.FromSeconds(60);

    /// <summary>Whether a workspace is an address and not a folder.</summary>
    public static bool Is(string workspace) => S3Address.Is(workspace);

    /// <summary>The folder of a workspace on this machine: of an address, its cache; a folder as it is.</summary>
    /// <exception cref="UsageException">The address names no bucket.</exception>
    public static string FolderOf(string workspace)
    {
        if (!Is(workspace))
        {
            return Path.GetFullPath(workspace);
        }

        var address = Parse(workspace);
        var name = $"{address.Bucket}/{address.Key}".Trim('/').Replace('/', '-');
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.ToString())))[..HashLength];
        var safe = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_').Take(LongestName)]);
        return Path.Combine(Scratch(), $"{safe}-{hash}");
    }

    /// <summary>Opens a workspace. A folder that is the cache of another workspace is emptied; files of processes that hold it open stay.</summary>
    /// <param name="workspace">The address.</param>
    /// <param name="create">A workspace that is not there yet is made.</param>
    /// <param name="note">Told for people what the storage does, at any time.</param>
    /// <exception cref="IOException">The storage refuses or does not answer, or there is no workspace.</exception>
    /// <exception cref="UsageException">The address names no bucket.</exception>
    public static Workspace Open(string workspace, bool create, Action<string> note)
    {
        var folder = FolderOf(workspace);
        var address = Parse(workspace);
        var patience = new StoragePatience(address.ToString(), note);
        var storage = new S3Folder(S3Storage.Client, address, Path.Combine(folder, Temporary));
        var id = patience.Run(() => storage.GetTextAsync(IdName, CancellationToken.None), OpensWithin, CancellationToken.None);
        if (id is null)
        {
            id = create ? Guid.NewGuid().ToString("N") : throw new IOException(
                $"{workspace} holds no job yet; `ism run` or the coordinator (`ism node coordinator`) makes it, with its job.json");
            patience.Run(async () =>
            {
                await storage.PutTextAsync(IdName, id, CancellationToken.None);
                return true;
            }, OpensWithin, CancellationToken.None);
        }

        Own(folder, id, note);
        return new Workspace(folder) { Store = new S3WorkspaceStore(folder, storage, patience) };
    }

    /// <summary>Opens the workspace of a job that is to be run, and puts the job there, or recognises it (<see cref="JobWorkspace.Open(JobOptions)"/>).
    /// </summary>
    /// <exception cref="IOException">The storage refuses or does not answer.</exception>
    /// <exception cref="UsageException">The workspace holds another job.</exception>
    public static bool Begin(JobOptions job, Action<string> note)
    {
        var workspace = Open(job.Workspace, create: true, note);
        if (Directory.Exists(workspace.At(Temporary)))
        {
            // Of processes that were killed over it.
            Directory.Delete(workspace.At(Temporary), recursive: true);
        }

        _ = workspace.Store!.Bring(Workspace.Job, patient: false);
        var continues = JobWorkspace.Open(job, workspace.Root);
        workspace.Keep(Workspace.Job);
        return continues;
    }

    /// <summary>Opens the workspace of a job for a node of it.</summary>
    /// <param name="workspace">The address.</param>
    /// <param name="create">The node may be the first one there.</param>
    /// <param name="note">Told for people.</param>
    /// <exception cref="IOException">The storage refuses or does not answer, or there is no job.</exception>
    public static Workspace OfNode(string workspace, bool create, Action<string> note)
    {
        var opened = Open(workspace, create, note);
        return opened.Store!.Bring(Workspace.Job, patient: true) ? opened : throw new IOException(
            $"{workspace} has no {Workspace.Job}; `ism run` writes it, or `ism config JOB.yaml --json` and a copy to that name");
    }

    /// <summary>Refuses an address where a verb can do with a folder alone.</summary>
    /// <exception cref="UsageException">It is an address.</exception>
    public static void RequireFolder(string verb, string workspace)
    {
        if (Is(workspace))
        {
            throw new UsageException($"{verb}: {workspace} is on S3-compatible storage, where `ism run` and `ism node --workspace` alone can "
                + "work; name a folder");
        }
    }

    private static void Own(string folder, string id, Action<string> note)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, IdName);
        var known = File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        if (known == id)
        {
            return;
        }

        if (known is not null)
        {
            note($"{folder} was the cache of another workspace at this address; it is emptied");
            Empty(folder);
        }

        WholeFile.Write(path, id);
    }

    // But the lock, which whoever empties it holds.
    private static void Empty(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(e => !e.Name.StartsWith("run.", StringComparison.Ordinal)))
        {
            if (entry is DirectoryInfo below)
            {
                below.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }

    private static string Scratch()
    {
        if (Environment.GetEnvironmentVariable(ScratchVariable) is { Length: > 0 } given)
        {
            return Path.GetFullPath(given);
        }

        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".cache")
            : Path.GetTempPath();
        return Path.Combine(Path.GetFullPath(cache), "ism");
    }

    private static S3Address Parse(string workspace)
    {
        try
        {
            var address = S3Address.Parse(workspace);
            return address with { Key = address.Key.Trim('/') };
        }
        catch (FormatException e)
        {
            throw new UsageException($"workspace: {e.Message}", e);
        }
    }
}
