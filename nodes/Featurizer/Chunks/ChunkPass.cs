using Ism.Corpus;
using Ism.Featurizer.Attempts;
using Ism.Featurizer.Metrics;
using Ism.Featurizer.Threads;
using Ism.Protocol.Chunks;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>What came of a chunk's structures: each position is in exactly one of the two, and both are in the order of positions.
/// </summary>
internal sealed record ChunkHarvest<T>(
    SortedDictionary<long, T> Values, SortedDictionary<long, QuarantinedStructure> Refused);

/// <summary>What trying one structure alone gave: a value or a refusal.</summary>
internal readonly record struct AloneOutcome<T>(T? Value, QuarantinedStructure? Refused)
    where T : class;

/// <summary>
/// One attempt at all structures of a chunk, in one pass over their sources. Before each structure it is noted that it is under way;
/// one that ended an earlier attempt, or fails in a way nobody foresaw, is done alone. Bytes that the storage does not give are asked for
/// again; what is missing alone is refused, else the attempt fails and nothing is. For the thread of <paramref name="underWay"/>; up to
/// <paramref name="ahead"/> structures are read and prepared by another one meanwhile.
/// </summary>
/// <param name="context">The node.</param>
/// <param name="underWay">Told what is under way.</param>
/// <param name="key">The chunk.</param>
/// <param name="work">Name of the work in records.</param>
/// <param name="meter">Told when a structure is read, and when it is worked on; null: nobody measures.</param>
/// <param name="ahead">Structures read ahead; 0: none.</param>
internal sealed class ChunkPass<TReady, T>(
    FeaturizerContext context, UnderWay underWay, ChunkKey key, string work, int ahead = 0, IStructureMeter? meter = null)
    where TReady : class
    where T : class
{
    // More than that in one chunk is no matter of single structures: the attempt fails, and says why.
    private const int MostDefects = 8;
    private const int MostLostAlone = 5;
    private readonly SortedDictionary<long, T> _values = [];
    private readonly SortedDictionary<long, QuarantinedStructure> _refused = [];
    private readonly SortedSet<long> _alone = [];
    private readonly Dictionary<StructureEntry, long> _positions = [];
    private readonly HashSet<string> _archivesRead = [];
    private Exception? _defect;
    private int _defects;

    /// <summary>Makes something of every structure that can be used.</summary>
    /// <param name="prepare">What is done ahead with a structure that was read.</param>
    /// <param name="make">Makes it of what was prepared.</param>
    /// <param name="alone">Tries a suspect alone.</param>
    /// <param name="progress">Told how many structures are done.</param>
    /// <param name="cancel">Stops between two structures.</param>
    /// <exception cref="IOException">The storage does not give the structures, or the attempt cannot be recorded.</exception>
    public ChunkHarvest<T> Run(
        Func<long, Structure, TReady> prepare, Func<long, string, TReady, T> make, Func<long, AloneOutcome<T>> alone, Action<int> progress,
        CancellationToken cancel)
    {
        using var record = AttemptRecord.Open(context.AttemptsFolder, key.Catalogue, key.Chunk, context.Node);
        var complete = false;
        try
        {
            ReadAll(Sort(record), record, prepare, make, progress, cancel);
            foreach (var position in _alone)
            {
                cancel.ThrowIfCancellationRequested();
                TryAlone(position, record, alone);
                progress(_values.Count + _refused.Count);
            }

            complete = true;
        }
        finally
        {
            // An attempt that was given up leaves its record as a crash would: what was under way is a suspect.
            if (underWay.TryEnd())
            {
                record.End(complete);
            }
        }

        return new ChunkHarvest<T>(_values, _refused);
    }

    // What is to be read now; suspects and what was refused before are not.
    private List<StructureEntry> Sort(AttemptRecord record)
    {
        var catalogue = context.Catalogue(key.Catalogue);
        var position = catalogue.PositionsOf(key.Chunk).First;
        var suspects = record.Suspects.ToHashSet();
        var open = new List<StructureEntry>();
        foreach (var entry in catalogue.EntriesOf(key.Chunk))
        {
            _positions[entry] = position;
            if (record.RefusalOf(work, position) is { } refused)
            {
                _refused[position] = refused;
            }
            else if (suspects.Contains(position))
            {
                _alone.Add(position);
            }
            else
            {
                open.Add(entry);
            }

            position++;
        }

        return open;
    }

    private void ReadAll(
        List<StructureEntry> open, AttemptRecord record, Func<long, Structure, TReady> prepare, Func<long, string, TReady, T> make,
        Action<int> progress, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var denied = Pass(open, record, prepare, make, progress, cancel);
            if (denied.Count == 0)
            {
                return;
            }

            if (tries > context.AccessPauses.Count)
            {
                Judge(denied, tries);
                return;
            }

            cancel.WaitHandle.WaitOne(context.AccessPauses[tries - 1]);
            cancel.ThrowIfCancellationRequested();
            open = [.. denied.Select(d => d.Entry)];
        }
    }

    private List<(StructureEntry Entry, StructureRefusedException Refusal)> Pass(
        List<StructureEntry> open, AttemptRecord record, Func<long, Structure, TReady> prepare, Func<long, string, TReady, T> make,
        Action<int> progress, CancellationToken cancel)
    {
        var denied = new List<(StructureEntry, StructureRefusedException)>();
        var reading = new ChunkReading<TReady>(context, underWay, record, key, _positions, ahead > 0 ? context.Cores : null);
        foreach (var (entry, position, ready, refusal, defect) in ReadingAhead.Of(reading.Read(open, prepare), ahead, underWay))
        {
            cancel.ThrowIfCancellationRequested();
            meter?.HasRead();
            if (refusal?.IsAccess == true)
            {
                record.Done(position);
                denied.Add((entry, refusal));
                continue;
            }

            _archivesRead.Add(entry.Path);
            if (defect is not null)
            {
                Suspect(position, defect);
            }
            else if (ready is not null)
            {
                Make(entry, position, ready, make);
                meter?.HasMade();
            }
            else if (refusal is { Reason: RefusalReason.Crashed })
            {
                Suspect(position, refusal.InnerException!);
            }
            else
            {
                _refused[position] = new QuarantinedStructure(position, entry.Name, refusal!.Reason.ToString(), refusal.Message);
            }

            record.Done(position);
            progress(_values.Count + _refused.Count);
        }

        return denied;
    }

    private void Make(StructureEntry entry, long position, TReady ready, Func<long, string, TReady, T> make)
    {
        underWay.Begin($"structure {entry.DisplayName} (position {position} of chunk {key})");
        try
        {
            _values[position] = make(position, entry.Name, ready);
        }
        catch (Exception e) when (e is not OperationCanceledException and not IOException)
        {
            Suspect(position, e);
        }

        underWay.End();
    }

    private void Suspect(long position, Exception defect)
    {
        _defect ??= defect;
        _alone.Add(position);
        if (++_defects > MostDefects)
        {
            throw new InvalidOperationException(
                $"{_defects} structures of chunk {key} failed in ways that no rule of reading foresees, the first with "
                + $"{_defect.GetType().Name}: {_defect.Message}", _defect);
        }
    }

    private void Judge(List<(StructureEntry Entry, StructureRefusedException Refusal)> denied, int tries)
    {
        foreach (var (entry, refusal) in denied)
        {
            var position = _positions[entry];
            _refused[position] = SourceEvidence.Judge(entry, refusal, position, tries, _archivesRead.Contains)
                ?? throw new IOException(
                    $"{denied.Count} of {_positions.Count} structures of chunk {key} cannot be read and nothing beside them either, so "
                    + $"their storage may be away; nothing is refused for that. The first of {tries} tries' last failures: "
                    + $"{entry.DisplayName}: {refusal.Detail}", refusal);
        }
    }

    private void TryAlone(long position, AttemptRecord record, Func<long, AloneOutcome<T>> alone)
    {
        var name = context.Catalogue(key.Catalogue).EntryOf(position).Name;
        if (record.LostAlone(position) >= MostLostAlone)
        {
            Refuse(new QuarantinedStructure(position, name, RefusalReason.Crashed.ToString(),
                $"{name}: the node itself was lost {MostLostAlone} times while it was tried alone ({RefusalReason.Crashed})"));
            return;
        }

        record.Alone(position);
        AloneOutcome<T> outcome;
        try
        {
            outcome = alone(position);
        }
        finally
        {
            record.Back(position);
        }

        if (outcome.Refused is { } refused)
        {
            Refuse(refused);
        }
        else
        {
            _values[position] = outcome.Value!;
        }

        void Refuse(QuarantinedStructure refused)
        {
            record.Refuse(work, refused);
            _refused[position] = refused;
        }
    }
}
