using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// Appends what the job says to events.jsonl in its workspace, so that it can be read after a coordinator's death and from any other
/// coordinator. Progress of a stage is kept once a second. A disk that refuses costs lines, never the job. Thread-safe.
/// </summary>
public sealed class EventLog(Workspace workspace)
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);
    private readonly string _path = workspace.At(Workspace.Events);
    private readonly Dictionary<string, DateTimeOffset> _progress = [];
    private readonly Lock _lock = new();
    private readonly LogCopy _copy = new(workspace, () => [Workspace.Events]);

    /// <summary>Appends an event.</summary>
    public void Append(RunEvent happened)
    {
        lock (_lock)
        {
            if (happened.Kind == RunEventKind.Progress && IsTooSoon(happened))
            {
                return;
            }

            try
            {
                using var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                StartOfLine(file);
                file.Write(System.Text.Encoding.UTF8.GetBytes(happened.ToLine() + "\n"));
                _copy.Touch();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The event was shown; that it is not kept is the lesser evil.
            }
        }
    }

    private bool IsTooSoon(RunEvent happened)
    {
        if (happened.Done < happened.Total && _progress.TryGetValue(happened.Stage, out var last) && happened.Time - last < ProgressEvery)
        {
            return true;
        }

        _progress[happened.Stage] = happened.Time;
        return false;
    }

    // A coordinator that died in the middle of a line must not spoil the next one's first.
    private static void StartOfLine(FileStream file)
    {
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
            {
                file.WriteByte((byte)'\n');
            }
        }
    }
}
