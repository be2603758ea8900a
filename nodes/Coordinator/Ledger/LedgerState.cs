using Ism.Protocol.Chunks;
using Ism.Protocol.Ledger;

namespace Ism.Coordinator.Ledger;

/// <summary>One chunk given to a featurizer for a time.</summary>
/// <param name="Chunk">Its index.</param>
/// <param name="Epoch">Fences results; grows with every lease.</param>
/// <param name="Expires">When the lease ends without a word.</param>
/// <param name="Node">Address of the featurizer.</param>
/// <param name="IsAccepted">Whether the featurizer has said that it has the lease.</param>
public readonly record struct Lease(int Chunk, long Epoch, DateTime Expires, string Node, bool IsAccepted = false);

/// <summary>Sums over committed chunks.</summary>
/// <param name="Chunks">Chunks committed.</param>
/// <param name="TotalChunks">Chunks of the catalogue.</param>
/// <param name="Structures">Structures used.</param>
/// <param name="Quarantined">Structures refused, each with a reason in its chunk's result file.</param>
/// <param name="Residues">Residues done.</param>
public readonly record struct LedgerTotals(int Chunks, int TotalChunks, long Structures, long Quarantined, long Residues);

/// <summary>
/// The ledger of one kind of work over the chunks of one catalogue: which chunks are committed (kept, through events), which are
/// leased (in memory, fenced by epochs) and to whom, and which wait, in the order given. No actor, no clock, no files: all are passed in.
/// Not thread-safe.
/// </summary>
public sealed partial class LedgerState
{
    /// <summary>How long a chunk is tried again whose storage refuses: a full disk or a mount that is away is a matter for a person.
    /// </summary>
    public static readonly TimeSpan StoragePatience = TimeSpan.FromMinutes(30);

    private readonly int[] _order;
    private readonly ChunkCommitted?[] _committed;
    private readonly Dictionary<int, Lease> _leases = [];
    private readonly Dictionary<int, (int Failures, int Defects, DateTime NotBefore, DateTime Since)> _failures = [];
    private readonly TimeSpan _leaseTime;
    private readonly int _maxFailures;
    private readonly NodeLoads _nodes = new();
    private int _incarnation;
    private long _leasesGiven;
    private int _firstOpen;

    /// <summary>An empty ledger.</summary>
    /// <param name="order">Every chunk once, in the order of leasing: that in which the first epoch needs them.</param>
    /// <param name="leaseTime">How long a lease lasts without a word from its holder.</param>
    /// <param name="maxFailures">Failures of one chunk (not of a structure in it) after which the work is given up.</param>
    public LedgerState(IReadOnlyList<int> order, TimeSpan leaseTime, int maxFailures = 5)
    {
        _order = [.. order];
        _committed = new ChunkCommitted?[_order.Length];
        _leaseTime = leaseTime;
        _maxFailures = maxFailures;
        if (!_order.Order().SequenceEqual(Enumerable.Range(0, _order.Length)))
        {
            throw new ArgumentException($"the order must name each of {_order.Length} chunks once", nameof(order));
        }
    }

    /// <summary>Sums over committed chunks.</summary>
    public LedgerTotals Totals { get; private set; }

    /// <summary>Every chunk is committed.</summary>
    public bool IsComplete => Totals.Chunks == _order.Length;

    /// <summary>Leases that are out.</summary>
    public IReadOnlyCollection<Lease> Leases => _leases.Values;

    /// <summary>The event that opens this ledger for a new coordinator.</summary>
    public LedgerOpened Open() => new(_incarnation + 1);

    /// <summary>Applies an event, new or replayed.</summary>
    public void Apply(ILedgerEvent @event)
    {
        switch (@event)
        {
            case LedgerOpened opened:
                _incarnation = opened.Incarnation;
                _leasesGiven = 0;
                break;
            case ChunkCommitted committed when committed.Chunk < _committed.Length:
                // A chunk that was made again, because its file was damaged or gone, has a second commit: the later one counts.
                Reopen(committed.Chunk);
                _committed[committed.Chunk] = committed;
                EndLease(committed.Chunk);
                _failures.Remove(committed.Chunk);
                Totals = Add(Totals, committed, 1);
                break;
        }
    }

    /// <summary>The commit of a chunk, or null.</summary>
    public ChunkCommitted? CommitOf(int chunk) => _committed[chunk];

    /// <summary>Takes a commit back in memory because its file is gone or damaged; the chunk is leased and committed again.</summary>
    public void Reopen(int chunk)
    {
        if (_committed[chunk] is { } committed)
        {
            _committed[chunk] = null;
            Totals = Add(Totals, committed, -1);
            _firstOpen = 0;
        }
    }

    /// <summary>A node is there for leases. What it has at hand goes to nobody else.</summary>
    /// <param name="node">Its address.</param>
    /// <param name="atHand">Chunks that it works on, or has done, under leases of before.</param>
    public void Present(string node, IEnumerable<int> atHand) => _nodes.Present(node, atHand);

    /// <summary>Whether a node is there for leases.</summary>
    public bool IsPresent(string node) => _nodes.IsPresent(node);

    /// <summary>Leases chunks to nodes that have room, the earliest in the order first, each to the node that holds the fewest.</summary>
    /// <param name="perNode">Leases that one node may hold.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<Lease> LeaseNext(int perNode, DateTime now)
    {
        var given = new List<Lease>();
        foreach (var (chunk, node) in _nodes.TakeAtHand())
        {
            if (chunk < _order.Length && IsFree(chunk, now))
            {
                given.Add(Give(chunk, node, now));
            }
        }

        while (_firstOpen < _order.Length && _committed[_order[_firstOpen]] is not null)
        {
            _firstOpen++;
        }

        for (var i = _firstOpen; i < _order.Length && _nodes.Roomiest(perNode) is { } node; i++)
        {
            if (IsFree(_order[i], now))
            {
                given.Add(Give(_order[i], node, now));
            }
        }

        return given;
    }

    /// <summary>The holder spoke: the lease lasts on. False when this is not the current lease.</summary>
    public bool Renew(int chunk, long epoch, DateTime now)
    {
        if (!Holds(chunk, epoch))
        {
            return false;
        }

        _leases[chunk] = _leases[chunk] with { Expires = now + _leaseTime, IsAccepted = true };
        return true;
    }

    /// <summary>Ends the leases whose time is over, and returns them. Their nodes get no more until they are <see cref="Present"/> again: who
    /// is silent about one chunk is not to swallow others.</summary>
    public IReadOnlyList<Lease> Expire(DateTime now)
    {
        var over = _leases.Values.Where(l => l.Expires <= now).ToList();
        foreach (var lease in over)
        {
            EndLease(lease.Chunk);
            _nodes.Absent(lease.Node);
        }

        return over;
    }

    /// <summary>A node is gone: ends its leases, and returns them.</summary>
    public IReadOnlyList<Lease> Gone(string node)
    {
        var over = _leases.Values.Where(l => l.Node == node).ToList();
        foreach (var lease in over)
        {
            EndLease(lease.Chunk);
        }

        _nodes.Absent(node);
        return over;
    }

    /// <summary>The event of a result, or null when it is fenced off: another lease holds the chunk, or it is committed.</summary>
    public ChunkCommitted? Finish(ChunkFinished result) => !Holds(result.Chunk, result.LeaseEpoch)
        ? null
        : new ChunkCommitted
        {
            Chunk = result.Chunk,
            LeaseEpoch = result.LeaseEpoch,
            Sha256 = result.Sha256,
            Structures = result.Structures,
            Quarantined = result.Quarantined,
            Residues = result.Residues,
            Bytes = result.Bytes,
        };

    /// <summary>The work on a chunk failed: it is leased again after a growing pause. True when it failed too often, or, where the
    /// storage refused, for longer than <see cref="StoragePatience"/>.</summary>
    public bool Fail(int chunk, long epoch, DateTime now, bool storage = false)
    {
        if (!Holds(chunk, epoch))
        {
            return false;
        }

        EndLease(chunk);
        var known = _failures.GetValueOrDefault(chunk, (Failures: 0, Defects: 0, NotBefore: now, Since: now));
        var failures = known.Failures + 1;
        var defects = storage ? known.Defects : known.Defects + 1;
        _failures[chunk] = (failures, defects, now + TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, failures - 1))), known.Since);
        return storage ? now - known.Since >= StoragePatience : defects >= _maxFailures;
    }

    /// <summary>The holder gives the chunk back undone, because it ends: it can be leased to another at once.</summary>
    public void Release(int chunk, long epoch)
    {
        if (Holds(chunk, epoch))
        {
            _nodes.Absent(_leases[chunk].Node);
            EndLease(chunk);
        }
    }

    /// <summary>Whether this is the current lease of the chunk.</summary>
    public bool Holds(int chunk, long epoch) => _leases.TryGetValue(chunk, out var lease) && lease.Epoch == epoch;

    private bool IsFree(int chunk, DateTime now) => _committed[chunk] is null && !_leases.ContainsKey(chunk)
        && !(_failures.TryGetValue(chunk, out var failure) && failure.NotBefore > now);

    private Lease Give(int chunk, string node, DateTime now)
    {
        _nodes.Begin(node);
        return _leases[chunk] = new Lease(chunk, ((long)_incarnation << 32) + ++_leasesGiven, now + _leaseTime, node);
    }

    private void EndLease(int chunk)
    {
        if (_leases.Remove(chunk, out var lease))
        {
            _nodes.End(lease.Node);
        }
    }

    private LedgerTotals Add(LedgerTotals t, ChunkCommitted c, int sign) => new(
        t.Chunks + sign,
        _order.Length,
        t.Structures + (sign * c.Structures),
        t.Quarantined + (sign * c.Quarantined),
        t.Residues + (sign * c.Residues));
}
