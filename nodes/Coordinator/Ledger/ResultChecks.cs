using System.Security.Cryptography;
using Akka.Actor;
using Ism.Protocol.Ledger;

namespace Ism.Coordinator.Ledger;

/// <summary>To the ledger from its checks: the file of a commit is as committed, or what is wrong with it.</summary>
public sealed record ResultChecked(ChunkCommitted Commit, string? Problem);

/// <summary>
/// Compares the files of committed chunks with their commits. Hashing reads every byte, so it is done in the background, a few files at
/// a time, in the order asked for. Belongs to one actor, which is told the results.
/// </summary>
/// <param name="pathOf">The result file of a chunk.</param>
/// <param name="ledger">Told the results.</param>
/// <param name="bring">Fetches a file that is not there; null: it is gone.</param>
public sealed class ResultChecks(Func<int, string> pathOf, IActorRef ledger, Func<string, bool>? bring = null) : IDisposable
{
    /// <summary>What is put behind the name of a file that is set aside.</summary>
    public const string Aside = ".damaged";

    private const int FilesAtOnce = 2;
    private readonly Queue<ChunkCommitted> _waiting = new();
    private readonly HashSet<int> _open = [];
    private readonly CancellationTokenSource _stopped = new();
    private int _running;

    /// <summary>Checks asked for and not ended.</summary>
    public int Count => _open.Count;

    /// <summary>What shows without reading the file, or null.</summary>
    public string? Glance(ChunkCommitted commit)
    {
        var file = new FileInfo(pathOf(commit.Chunk));
        return !file.Exists && bring is not null ? null : !file.Exists ? $"its file {file.FullName} is gone"
            : commit.Bytes > 0 && file.Length != commit.Bytes
                ? $"its file {file.FullName} has {file.Length} bytes where {commit.Bytes} were committed"
                : null;
    }

    /// <summary>Begins to read a file; false when that is under way.</summary>
    public bool Begin(ChunkCommitted commit)
    {
        if (!_open.Add(commit.Chunk))
        {
            return false;
        }

        _waiting.Enqueue(commit);
        Next();
        return true;
    }

    /// <summary>A check has ended; to be called for each result.</summary>
    public void End(ResultChecked result)
    {
        _open.Remove(result.Commit.Chunk);
        _running--;
        Next();
    }

    /// <summary>Renames the file of a chunk, so that nobody reads it and a person can.</summary>
    public void SetAside(int chunk)
    {
        try
        {
            var path = pathOf(chunk);
            if (File.Exists(path))
            {
                File.Move(path, path + Aside, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Making the chunk again replaces it anyway.
        }
    }

    /// <summary>Ends the checks.</summary>
    public void Dispose() => _stopped.Cancel();

    private void Next()
    {
        while (_running < FilesAtOnce && _waiting.TryDequeue(out var commit))
        {
            _running++;
            Task.Run(() => ledger.Tell(new ResultChecked(commit, Problem(commit)), ActorRefs.NoSender), _stopped.Token);
        }
    }

    private string? Problem(ChunkCommitted commit)
    {
        var path = pathOf(commit.Chunk);
        try
        {
            _ = bring?.Invoke(path);
            using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
            var found = Convert.ToHexStringLower(SHA256.HashData(stream));
            return found == commit.Sha256 ? null : $"its file {path} has SHA-256 {found} where {commit.Sha256} was committed";
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return $"its file {path} cannot be read: {e.Message}";
        }
    }
}
