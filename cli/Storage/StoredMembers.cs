using System.Text.Json;
using Amazon.Runtime;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Ism.Corpus.Publishing;

namespace Ism.Cli.Storage;

/// <summary>
/// Lets nodes that share no folder find each other: what stands in <c>cluster/members/</c> and <c>cluster/ended.json</c> of their caches is laid
/// beside each other on the storage, every few seconds. A member's beat is when the storage last heard of it. The authority lease is not
/// there: it needs a folder, so such a job has one coordinator.
/// </summary>
internal sealed class StoredMembers : IAsyncDisposable
{
    private const string Members = "cluster/members";
    private const string Ended = "cluster/ended.json";

    /// <summary>Between two looks; well below the time after which a member that is not heard of counts as dead.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(3);

    // Who is started with the coordinator sees the end of the run before until that is taken away.
    private static readonly TimeSpan OldEnd = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Neighbour = TimeSpan.FromSeconds(15);
    private readonly S3Folder _storage;
    private readonly NodeOptions _node;
    private readonly TimeSpan _every;
    private readonly Action<string> _note;
    private readonly MemberFiles _files;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, (string Version, MemberRecord Member)> _known = [];
    private readonly Dictionary<string, long> _written = [];
    private readonly Dictionary<string, (long Beat, DateTime Since)> _others = [];
    private readonly DateTime _begun = DateTime.UtcNow;
    private Task _running = Task.CompletedTask;
    private string? _oldEnd;
    private bool _endSent;
    private long _told = -1;
    private bool _failing;

    private StoredMembers(S3Folder storage, NodeOptions node, Action<string> note, TimeSpan every)
    {
        (_storage, _node, _note, _every) = (storage, node, note, every);
        _files = new MemberFiles(node.Workspace);
    }

    private bool IsCoordinator => _node.Role == NodeRoles.Coordinator;

    /// <summary>Begins, after a first look.</summary>
    /// <param name="storage">The workspace.</param>
    /// <param name="node">This node.</param>
    /// <param name="note">Told for people when the storage begins to fail.</param>
    /// <param name="cancel">Gives up before it has begun.</param>
    /// <param name="every">Between two looks; null: as usual.</param>
    public static async Task<StoredMembers> StartAsync(
        S3Folder storage, NodeOptions node, Action<string> note, CancellationToken cancel, TimeSpan? every = null)
    {
        var members = new StoredMembers(storage, node, note, every ?? Usual);
        if (members.IsCoordinator)
        {
            await storage.DeleteAsync(Ended, cancel);
        }

        await members.LookAsync(cancel);
        members._running = Task.Run(members.RunAsync, cancel);
        return members;
    }

    /// <summary>Takes this node's address away.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        try
        {
            using var soon = new CancellationTokenSource(Usual);
            if (IsCoordinator)
            {
                await TellEndAsync(soon.Token);
            }

            await _storage.DeleteAsync($"{Members}/{Escaped(_node.NodeId)}", soon.Token);
        }
        catch (Exception e) when (IsStorage(e))
        {
            // It dies by itself.
        }

        _stop.Dispose();
    }

    private static bool IsStorage(Exception e) =>
        e is AmazonServiceException or AmazonClientException or HttpRequestException or OperationCanceledException or IOException or JsonException;

    private static string Escaped(string node) => Uri.EscapeDataString(node);

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_every);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await TryLookAsync();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task TryLookAsync()
    {
        try
        {
            await LookAsync(_stop.Token);
            _failing = false;
        }
        catch (Exception e) when (IsStorage(e) && !_stop.IsCancellationRequested)
        {
            if (!_failing)
            {
                _failing = true;
                _note($"members cannot be looked for on {_storage.Address}: {e.Message}; who is in the cluster stays in it");
            }
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        await TellAsync(cancel);
        var there = await _storage.FilesAsync("cluster", cancel);
        foreach (var (name, version, sent) in there.Where(f => f.Name.StartsWith("members/", StringComparison.Ordinal)))
        {
            await TakeAsync($"cluster/{name}", version, sent, cancel);
        }

        Forget([.. there.Select(f => $"cluster/{f.Name}")]);
        if (IsCoordinator)
        {
            await TellEndAsync(cancel);
        }
        else
        {
            var end = there.FirstOrDefault(f => f.Name == "ended.json");
            await TakeEndAsync(end.Name is null ? null : $"{end.Version} {end.Sent:O}", cancel);
        }
    }

    // A node that has stopped beating is not heard of any more.
    private async Task TellAsync(CancellationToken cancel)
    {
        if (_files.Read(_node.NodeId) is { } self && self.Beat != _told)
        {
            _told = self.Beat;
            await _storage.PutTextAsync($"{Members}/{Escaped(self.Node)}", JsonSerializer.Serialize(self with { Beat = 0 }), cancel);
        }
    }

    private async Task TakeAsync(string name, string version, DateTime sent, CancellationToken cancel)
    {
        if (!_known.TryGetValue(name, out var known) || known.Version != version)
        {
            if (await _storage.GetTextAsync(name, cancel) is not { } text || JsonSerializer.Deserialize<MemberRecord>(text) is not { } member)
            {
                return;
            }

            _known[name] = known = (version, member);
        }

        if (known.Member.Node == _node.NodeId || IsNeighbour(known.Member.Node))
        {
            return;
        }

        var beat = new DateTimeOffset(sent, TimeSpan.Zero).ToUnixTimeSeconds();
        _written[known.Member.Node] = beat;
        _files.Write(known.Member with { Beat = beat });
    }

    // A node that shares this cache writes its file itself.
    private bool IsNeighbour(string node)
    {
        if (_files.Read(node) is not { } here || (_written.TryGetValue(node, out var mine) && here.Beat == mine))
        {
            return false;
        }

        var now = DateTime.UtcNow;
        if (!_others.TryGetValue(node, out var seen) || seen.Beat != here.Beat)
        {
            _others[node] = seen = (here.Beat, now);
        }

        return now - seen.Since < Neighbour;
    }

    private void Forget(HashSet<string> there)
    {
        foreach (var (name, (_, member)) in _known.Where(k => !there.Contains(k.Key)).ToList())
        {
            _known.Remove(name);
            if (_written.Remove(member.Node) && !IsNeighbour(member.Node))
            {
                _files.Remove(member.Node, member.Address);
            }
        }
    }

    private async Task TellEndAsync(CancellationToken cancel)
    {
        var path = EndedMarker.PathIn(_node.Workspace);
        if (!_endSent && File.Exists(path))
        {
            await _storage.PutTextAsync(Ended, await File.ReadAllTextAsync(path, cancel), cancel);
            _endSent = true;
        }
        else if (_endSent && !File.Exists(path))
        {
            await _storage.DeleteAsync(Ended, cancel);
            _endSent = false;
        }
    }

    private async Task TakeEndAsync(string? version, CancellationToken cancel)
    {
        if (DateTime.UtcNow - _begun < OldEnd && _oldEnd is null)
        {
            _oldEnd = version ?? "";
        }

        var path = EndedMarker.PathIn(_node.Workspace);
        if (version is null || (version == _oldEnd && DateTime.UtcNow - _begun < OldEnd))
        {
            EndedMarker.Delete(_node.Workspace);
        }
        else if (!File.Exists(path) && await _storage.GetTextAsync(Ended, cancel) is { } text)
        {
            Protocol.Files.WholeFile.Write(path, text);
        }
    }
}
