using System.Diagnostics;
using Ism.Corpus;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Web;

/// <summary>What token files hold, as far as they are counted.</summary>
/// <param name="Counts">Residues by structure token of the training corpus.</param>
/// <param name="Counted">Token files counted.</param>
/// <param name="Files">Token files that there are.</param>
public sealed record TokenCounts(IReadOnlyList<long> Counts, int Counted, int Files)
{
    /// <summary>Nothing is counted yet.</summary>
    public static TokenCounts None { get; } = new([], 0, 0);
}

/// <summary>
/// Counts tokens and refused structures in the token files of a job while somebody looks: a little on each look, in the background, each
/// file once. Thread-safe.
/// </summary>
/// <param name="workspace">The job's workspace.</param>
public sealed class TokenTally(Workspace workspace)
{
    private const int MostFiles = 5000;
    private const int MostRefused = 1000;
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(250);
    private readonly Lock _lock = new();
    private readonly HashSet<string> _done = [];
    private readonly List<QuarantineEntry> _refused = [];
    private readonly Dictionary<string, long> _reasons = [];
    private long[] _counts = [];
    private int _files;
    private Task _counting = Task.CompletedTask;

    /// <summary>What is known now; goes on counting.</summary>
    public (TokenCounts Tokens, QuarantineList Quarantine) Look()
    {
        lock (_lock)
        {
            if (_counting.IsCompleted)
            {
                _counting = Task.Run(Count);
            }

            return (
                new TokenCounts([.. _counts], _done.Count, _files),
                new QuarantineList([.. _refused], new Dictionary<string, long>(_reasons), IsComplete: false));
        }
    }

    private void Count()
    {
        try
        {
            var clock = Stopwatch.StartNew();
            var files = Files();
            lock (_lock)
            {
                _files = files.Count;
            }

            foreach (var (catalogue, path) in files.Where(f => !_done.Contains(f.Path)).Take(Math.Max(0, MostFiles - _done.Count)))
            {
                Add(catalogue, path);
                if (clock.Elapsed > Budget)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The storage is away, or the job tidies up: the next look tries again.
        }
    }

    // A codebook that was replaced has left its tokens: the newest folder of a catalogue counts.
    private List<(string Catalogue, string Path)> Files()
    {
        var folder = workspace.At(Workspace.Tokens);
        return !Directory.Exists(folder) ? [] :
        [
            .. Directory.EnumerateDirectories(folder).GroupBy(path => Path.GetFileName(path).Split('-')[0])
                .Select(g => (Catalogue: g.Key, Folder: g.MaxBy(Directory.GetLastWriteTimeUtc)!))
                .SelectMany(f => Directory.EnumerateFiles(f.Folder, "chunk-*.arrow").Order(StringComparer.Ordinal).Select(p => (f.Catalogue, p))),
        ];
    }

    private void Add(string catalogue, string path)
    {
        var counts = new long[ushort.MaxValue];
        var length = 0;
        try
        {
            using var file = TokenFile.Open(path);
            for (var row = 0; catalogue == "corpus" && row < file.RowCount; row++)
            {
                foreach (var token in file.Tokens(0, row))
                {
                    if (token != TokenRow.NoToken)
                    {
                        counts[token]++;
                        length = Math.Max(length, token + 1);
                    }
                }
            }

            lock (_lock)
            {
                Take(catalogue, counts.AsSpan(0, length), file.Quarantine);
            }
        }
        catch (InvalidDataException)
        {
            // Whoever needs the file finds the damage and has it made again; it counts as seen here.
        }

        lock (_lock)
        {
            _done.Add(path);
        }
    }

    private void Take(string catalogue, ReadOnlySpan<long> counts, IReadOnlyList<QuarantinedStructure> refused)
    {
        if (counts.Length > _counts.Length)
        {
            Array.Resize(ref _counts, counts.Length);
        }

        for (var token = 0; token < counts.Length; token++)
        {
            _counts[token] += counts[token];
        }

        foreach (var structure in refused)
        {
            _reasons[structure.Reason] = _reasons.GetValueOrDefault(structure.Reason) + 1;
            if (_refused.Count < MostRefused)
            {
                _refused.Add(new QuarantineEntry(catalogue, structure.Position, structure.Name, structure.Reason, structure.Message));
            }
        }
    }
}
