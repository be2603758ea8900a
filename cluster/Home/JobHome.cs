using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ism.Cluster.Membership;
using Ism.Protocol.Files;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Home;

/// <summary>
/// A folder that all nodes of a standing cluster reach, with the jobs that were submitted to it. The queue is names of files:
/// <c>queue/00000012-ID</c>; a job's workspace is <c>jobs/ID</c>. The job that the nodes work on is the first in the queue that has not
/// ended, which every node finds for itself: there is no one whose death could stop the queue. Thread-safe.
/// </summary>
public sealed class JobHome(string folder)
{
    private const int NumberLength = 8;
    private const string LockFile = "lock";
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LockAgain = TimeSpan.FromMilliseconds(20);
    private readonly ConcurrentDictionary<string, EndedMarker> _ended = new();

    /// <summary>The folder.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    private string Queue => Path.Combine(Folder, "queue");

    /// <summary>The folder of a job.</summary>
    public string WorkspaceOf(string id) => Path.Combine(Folder, "jobs", id);

    /// <summary>All jobs in the order of the queue.</summary>
    /// <exception cref="IOException">The storage does not answer.</exception>
    public IReadOnlyList<HomeJob> All()
    {
        var jobs = new List<HomeJob>();
        var hasCurrent = false;
        foreach (var (number, id) in Entries())
        {
            var job = Read(number, id, hasCurrent);
            hasCurrent |= job.State == HomeJobState.Current;
            jobs.Add(job);
        }

        return jobs;
    }

    /// <summary>The job that nodes work on now; null when all have ended.</summary>
    /// <exception cref="IOException">The storage does not answer.</exception>
    public HomeJob? Current()
    {
        foreach (var (number, id) in Entries())
        {
            if (EndOf(number, id) is null)
            {
                return Read(number, id, hasCurrent: false);
            }
        }

        return null;
    }

    /// <summary>The job of an id, or of the beginning of one; null when there is none.</summary>
    /// <exception cref="ArgumentException">Several begin so; names them.</exception>
    public HomeJob? Find(string id)
    {
        var all = All();
        var found = all.Where(j => j.Id == id).ToList();
        found = found.Count > 0 ? found : [.. all.Where(j => id.Length > 0 && j.Id.StartsWith(id, StringComparison.Ordinal))];
        return found.Count <= 1 ? found.FirstOrDefault()
            : throw new ArgumentException($"{id} may be {string.Join(" or ", found.Select(j => j.Id))}; name one in full");
    }

    /// <summary>Puts a job at the end of the queue. One that is there already, or complete, is left as it is; one that failed or was
    /// cancelled is queued again and goes on where it stopped.</summary>
    /// <param name="job">The resolved job with absolute paths; its workspace becomes a folder of this home.</param>
    /// <param name="by">Who submits it.</param>
    /// <exception cref="IOException">The storage refused it.</exception>
    public Submission Submit(JobOptions job, string by)
    {
        var id = JobIdentity.Of(job);
        using var alone = Lock();
        if (Find(id) is { Id: var known } before && known == id)
        {
            if (before.State is HomeJobState.Queued or HomeJobState.Current or HomeJobState.Complete)
            {
                var where = before.State == HomeJobState.Complete ? "is complete already" : "is in the queue already";
                return new Submission(before, false, $"{id} {where}");
            }
        }
        else
        {
            before = null;
        }

        var workspace = WorkspaceOf(id);
        Directory.CreateDirectory(workspace);
        JobJson.Save(job with { Workspace = workspace }, Path.Combine(workspace, JobJson.FileName));
        WholeFile.Write(Path.Combine(workspace, "submitted.json"), JsonSerializer.Serialize(new SubmittedRecord(DateTimeOffset.UtcNow, by)));
        EndedMarker.Delete(workspace);
        var number = Entries().Select(e => e.Number).DefaultIfEmpty().Max() + 1;
        File.WriteAllText(EntryOf(number, id), "");
        if (before is not null)
        {
            File.Delete(EntryOf(before.Number, id));
        }

        var now = Find(id)!;
        var ahead = All().Count(j => j.State is HomeJobState.Queued or HomeJobState.Current && j.Number < number);
        var turn = ahead == 0 ? "it is its turn" : $"{ahead} job(s) before it";
        return new Submission(now, true, $"{id} is in the queue{(before is null ? "" : " again and goes on where it stopped")}; {turn}");
    }

    /// <summary>Ends a job that no node works on yet.</summary>
    /// <exception cref="IOException">The storage refused it.</exception>
    public void CancelQueued(HomeJob job, string by) => EndedMarker.Write(job.Workspace, $"{EndedMarker.Cancelled} by {by} before it began");

    // One at a time, of all processes that reach the home.
    private FileStream Lock()
    {
        Directory.CreateDirectory(Queue);
        var path = Path.Combine(Queue, LockFile);
        for (var clock = Stopwatch.StartNew(); ; Thread.Sleep(LockAgain))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (File.Exists(path))
            {
                if (clock.Elapsed > LockPatience)
                {
                    throw new IOException($"{path} has been held for {LockPatience.TotalSeconds:F0} s by another who submits a job", e);
                }
            }
        }
    }

    // Storage whose locks do not hold may let two draw the same number; their ids decide then.
    private IEnumerable<(long Number, string Id)> Entries()
    {
        if (!Directory.Exists(Queue))
        {
            return [];
        }

        return Directory.EnumerateFiles(Queue).Select(Path.GetFileName).Select(Parse).OfType<(long Number, string Id)>()
            .GroupBy(e => e.Id).Select(again => again.MaxBy(e => e.Number))
            .OrderBy(e => e.Number).ThenBy(e => e.Id, StringComparer.Ordinal).ToList();
    }

    private static (long Number, string Id)? Parse(string? name) =>
        name?.IndexOf('-') is > 0 and var dash && long.TryParse(name[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (number, name[(dash + 1)..])
            : null;

    private string EntryOf(long number, string id) =>
        Path.Combine(Queue, $"{number.ToString(CultureInfo.InvariantCulture).PadLeft(NumberLength, '0')}-{id}");

    private HomeJob Read(long number, string id, bool hasCurrent)
    {
        var workspace = WorkspaceOf(id);
        var submitted = ReadSubmitted(Path.Combine(workspace, "submitted.json"));
        var ended = EndOf(number, id);
        var state = ended switch
        {
            null => hasCurrent ? HomeJobState.Queued : HomeJobState.Current,
            { Error: null } => HomeJobState.Complete,
            { IsCancelled: true } => HomeJobState.Cancelled,
            _ => HomeJobState.Failed,
        };
        return new HomeJob(id, number, workspace, state, ended?.Error, submitted.Time, submitted.By, ended?.Time);
    }

    // An end is final under its number: the same job submitted again gets another. So thousands of ended jobs cost no look at their files.
    private EndedMarker? EndOf(long number, string id)
    {
        var name = EntryOf(number, id);
        if (_ended.TryGetValue(name, out var known))
        {
            return known;
        }

        var ended = EndedMarker.TryRead(WorkspaceOf(id));
        if (ended is not null)
        {
            _ended[name] = ended;
        }

        return ended;
    }

    private static SubmittedRecord ReadSubmitted(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<SubmittedRecord>(File.ReadAllText(path)) ?? SubmittedRecord.Unknown;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return SubmittedRecord.Unknown;
        }
    }

    private sealed record SubmittedRecord(DateTimeOffset Time, string By)
    {
        public static readonly SubmittedRecord Unknown = new(DateTimeOffset.UnixEpoch, "");
    }
}
