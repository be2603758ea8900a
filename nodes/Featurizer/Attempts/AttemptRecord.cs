using System.Globalization;
using System.Text;
using System.Text.Json;
using Ism.Corpus;

namespace Ism.Featurizer.Attempts;

/// <summary>
/// The record of a chunk in the workspace that outlives a process: which structures were under way in whom, and which ones have been
/// refused after they were tried alone. One line is appended before each structure, without a flush to the disk: it has to survive the
/// process, not the machine. What was under way in someone who has not come back is a suspect. Thread-safe.
/// </summary>
/// <remarks>
/// Lines: <c>open SESSION NODE</c>, <c>take SESSION POSITION UNIX-MILLISECONDS</c>, <c>done SESSION POSITION</c>, <c>alone SESSION POSITION</c>, <c>back SESSION
/// POSITION</c>, <c>refused SESSION WORK JSON</c>, <c>end SESSION</c>. A line that is none of these, such as one cut off by the end of a
/// machine, says nothing.
/// </remarks>
public sealed class AttemptRecord : IDisposable
{
    private readonly string _path;
    private readonly string _session = Guid.NewGuid().ToString("N")[..12];
    private readonly FileStream _file;
    private readonly Lock _writing = new();
    private readonly AttemptHistory _before;

    private AttemptRecord(string path, string node)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _before = AttemptHistory.Read(path);
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        // A line that was cut off must not swallow the next one.
        Append(string.Create(CultureInfo.InvariantCulture, $"\nopen {_session} {node}"));
    }

    /// <summary>Structures that were under way in someone who did not come back.</summary>
    public IReadOnlyCollection<long> Suspects => _before.Suspects;

    /// <summary>Opens the record of a chunk for a new attempt.</summary>
    /// <param name="folder">Folder of the records (<c>work/attempts</c>).</param>
    /// <param name="catalogue">Folder name of the catalogue.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="node">Who attempts it, for people.</param>
    /// <exception cref="IOException">The record cannot be read or written.</exception>
    public static AttemptRecord Open(string folder, string catalogue, int chunk, string node) =>
        new(PathOf(folder, catalogue, chunk), node.Replace(' ', '-'));

    /// <summary>The record's file.</summary>
    public static string PathOf(string folder, string catalogue, int chunk) =>
        Path.Combine(folder, catalogue, string.Create(CultureInfo.InvariantCulture, $"chunk-{chunk:D6}.log"));

    /// <summary>The structure is under way from now on, beside those that are.</summary>
    public void Begin(long position) => Append(string.Create(
        CultureInfo.InvariantCulture, $"take {_session} {position} {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}"));

    /// <summary>The structure is no longer under way.</summary>
    public void Done(long position) => Append(string.Create(CultureInfo.InvariantCulture, $"done {_session} {position}"));

    /// <summary>The structure is being tried alone.</summary>
    public void Alone(long position) => Append(string.Create(CultureInfo.InvariantCulture, $"alone {_session} {position}"));

    /// <summary>Trying it alone has come back, however it ended.</summary>
    public void Back(long position) => Append(string.Create(CultureInfo.InvariantCulture, $"back {_session} {position}"));

    /// <summary>How often nobody came back from trying the structure alone.</summary>
    public int LostAlone(long position) => _before.LostAlone.GetValueOrDefault(position);

    /// <summary>The refusal of a structure by earlier attempts at this work, or null.</summary>
    public QuarantinedStructure? RefusalOf(string work, long position) => _before.Refused.GetValueOrDefault((work, position));

    /// <summary>Keeps a refusal, so that no later attempt at this work tries the structure again.</summary>
    public void Refuse(string work, QuarantinedStructure refused) =>
        Append($"refused {_session} {work} {JsonSerializer.Serialize(refused)}");

    /// <summary>The attempt has come back. The record goes when all its structures have (<paramref name="complete"/>), unless it holds
    /// refusals or others are still at the chunk.</summary>
    public void End(bool complete)
    {
        Append($"end {_session}");
        var now = AttemptHistory.Read(_path);
        if (complete && now.Refused.Count == 0 && now.Open.All(_before.Open.Contains))
        {
            File.Delete(_path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // One call of the system for one line, so that lines of several processes do not mix.
    private void Append(string line)
    {
        lock (_writing)
        {
            _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
    }
}
