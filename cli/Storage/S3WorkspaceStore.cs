using System.Collections.Concurrent;
using Ism.Corpus.Publishing;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Storage;

/// <summary>A workspace on S3-compatible storage, under the names that it has in a folder.</summary>
/// <param name="root">The folder that is this machine's cache of it.</param>
/// <param name="storage">The storage.</param>
/// <param name="patience">How it is asked.</param>
internal sealed class S3WorkspaceStore(string root, S3Folder storage, StoragePatience patience) : IWorkspaceStore
{
    private readonly ConcurrentDictionary<string, bool> _whole = new();
    private readonly ConcurrentDictionary<string, (long Length, DateTime Written)> _logs = new();
    private long _sent;

    /// <summary>The storage.</summary>
    public S3Folder Storage => storage;

    /// <summary>How long storage that does not answer is waited for; as long as other storage that is away.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Single files sent so far that the storage did not have.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <inheritdoc/>
    public void Keep(string name, CancellationToken cancel)
    {
        if (patience.Run(() => storage.PutAsync(name, At(name), cancel), Limit, cancel))
        {
            Interlocked.Increment(ref _sent);
        }
    }

    /// <inheritdoc/>
    public void KeepLog(string name)
    {
        var file = new FileInfo(At(name));
        var stamp = (file.Length, file.LastWriteTimeUtc);
        if (_logs.TryGetValue(name, out var last) && last == stamp)
        {
            return;
        }

        // Others append meanwhile: what is there now is sent, up to the last whole line or record that was.
        var copy = Path.Combine(Directory.CreateDirectory(At(StoredWorkspace.Temporary)).FullName, Guid.NewGuid().ToString("N"));
        try
        {
            using (var from = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            using (var to = File.Create(copy))
            {
                from.CopyTo(to);
            }

            patience.Run(() => storage.PutAsync(name, copy, CancellationToken.None), TimeSpan.Zero, CancellationToken.None);
            _logs[name] = stamp;
        }
        finally
        {
            File.Delete(copy);
        }
    }

    /// <inheritdoc/>
    public void KeepFolder(string name, CancellationToken cancel)
    {
        patience.Run(async () =>
        {
            await storage.PutFolderAsync(name, At(name), cancel);
            return true;
        }, Limit, cancel);
        _whole[name] = true;
    }

    /// <inheritdoc/>
    public bool Bring(string name, bool patient) =>
        patience.Run(() => storage.GetAsync(name, At(name), CancellationToken.None), patient ? Limit : TimeSpan.Zero, CancellationToken.None);

    /// <inheritdoc/>
    public void BringLog(string name)
    {
        var here = new FileInfo(At(name));
        var there = patience.Run(() => storage.LengthAsync(name, CancellationToken.None), Limit, CancellationToken.None);
        if (there is { } length && (!here.Exists || here.Length < length))
        {
            Bring(name, patient: true);
        }
    }

    /// <inheritdoc/>
    public bool BringFolder(string name)
    {
        // Folders that count as a whole do not change once they are there.
        if (_whole.ContainsKey(name) && Directory.Exists(At(name)))
        {
            return true;
        }

        var whole = patience.Run(() => storage.GetFolderAsync(name, At(name), CancellationToken.None), Limit, CancellationToken.None);
        if (whole)
        {
            _whole[name] = true;
        }

        return whole;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders(string name) =>
        patience.Run(() => storage.FoldersAsync(name, CancellationToken.None), Limit, CancellationToken.None);

    /// <inheritdoc/>
    public void DropFolder(string name)
    {
        patience.Run(async () =>
        {
            await storage.DeleteFolderAsync(name, CancellationToken.None);
            return true;
        }, TimeSpan.Zero, CancellationToken.None);
        _whole.TryRemove(name, out _);
    }

    private string At(string name) => Path.Combine(root, name);
}
