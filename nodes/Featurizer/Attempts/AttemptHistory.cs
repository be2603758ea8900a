using System.Globalization;
using System.Text.Json;
using Ism.Corpus;

namespace Ism.Featurizer.Attempts;

/// <summary>What the lines of an <see cref="AttemptRecord"/> say.</summary>
internal sealed class AttemptHistory
{
    private readonly Dictionary<string, HashSet<long>> _sessions = [];
    private readonly Dictionary<(string Session, long Position), int> _alone = [];

    /// <summary>Attempts that have not come back.</summary>
    public IReadOnlyCollection<string> Open => _sessions.Keys;

    /// <summary>What was under way in them.</summary>
    public IReadOnlyCollection<long> Suspects => [.. _sessions.Values.SelectMany(s => s).Concat(LostAlone.Keys).Distinct().Order()];

    /// <summary>Refusals by work and position.</summary>
    public Dictionary<(string Work, long Position), QuarantinedStructure> Refused { get; } = [];

    /// <summary>By position: how often nobody came back from trying it alone.</summary>
    public IReadOnlyDictionary<long, int> LostAlone => _alone.Where(a => a.Value > 0)
        .GroupBy(a => a.Key.Position).ToDictionary(g => g.Key, g => g.Sum(a => a.Value));

    /// <summary>Reads a record; an empty history when there is none.</summary>
    public static AttemptHistory Read(string path)
    {
        var history = new AttemptHistory();
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                history.Take(line.Split(' ', 4));
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Nobody has attempted the chunk yet, or all who have came back.
        }

        return history;
    }

    private static bool TryPosition(string[] words, out long position) =>
        long.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out position);

    private void Take(string[] words)
    {
        switch (words)
        {
            case ["open", var session, ..]:
                _sessions[session] = [];
                break;
            case ["take", var session, _, _] when TryPosition(words, out var position):
                UnderWay(session).Add(position);
                break;
            case ["done", var session, _] when TryPosition(words, out var position):
                UnderWay(session).Remove(position);
                break;
            case ["begin", var session, _, _] when TryPosition(words, out var position):
                // Of a version that had one structure under way at a time: the one before was done.
                _sessions[session] = [position];
                break;
            case ["alone", var session, _] when TryPosition(words, out var position):
                _alone[(session, position)] = _alone.GetValueOrDefault((session, position)) + 1;
                break;
            case ["back", var session, _] when TryPosition(words, out var position):
                _alone.Remove((session, position));
                break;
            case ["refused", _, var work, var json]:
                Refuse(work, json);
                break;
            case ["end", var session, ..]:
                _sessions.Remove(session);
                break;
        }
    }

    private HashSet<long> UnderWay(string session) =>
        _sessions.TryGetValue(session, out var positions) ? positions : _sessions[session] = [];

    private void Refuse(string work, string json)
    {
        try
        {
            if (JsonSerializer.Deserialize<QuarantinedStructure>(json) is { Name: not null, Reason: not null, Message: not null } refused)
            {
                Refused[(work, refused.Position)] = refused;
            }
        }
        catch (JsonException)
        {
            // Cut off: the structure is tried again.
        }
    }
}
