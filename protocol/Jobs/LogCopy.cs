using System.Diagnostics;

namespace Ism.Protocol.Jobs;

/// <summary>
/// Copies files that are appended to onto the storage of a workspace, now and then and in the background: every half minute, or less often
/// where copying takes long. Does nothing in a workspace that is a folder. <see cref="Touch"/> and <see cref="Flush"/> are for one thread at a
/// time.
/// </summary>
/// <param name="workspace">The workspace.</param>
/// <param name="names">The files, relative to it; those that are not there are passed over.</param>
public sealed class LogCopy(Workspace workspace, Func<IEnumerable<string>> names)
{
    private const int LeastPause = 20;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private Task _copying = Task.CompletedTask;
    private long _begun = Stopwatch.GetTimestamp();
    private TimeSpan _took;

    /// <summary>Begins to copy where it is time. What fails is tried again the next time.</summary>
    public void Touch()
    {
        if (workspace.Store is not null && _copying.IsCompleted && Stopwatch.GetElapsedTime(_begun) > Longer(Every, LeastPause * _took))
        {
            _begun = Stopwatch.GetTimestamp();
            _copying = Task.Run(() =>
            {
                try
                {
                    Copy();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // It was said when it began to fail, by the storage.
                }

                _took = Stopwatch.GetElapsedTime(_begun);
            });
        }
    }

    /// <summary>Copies what there is and returns when it is on the storage.</summary>
    /// <exception cref="IOException">The storage refuses or does not answer.</exception>
    public void Flush()
    {
        if (workspace.Store is not null)
        {
            ((IAsyncResult)_copying).AsyncWaitHandle.WaitOne();
            Copy();
        }
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private void Copy()
    {
        foreach (var name in names().Where(n => File.Exists(workspace.At(n))))
        {
            workspace.Store!.KeepLog(name);
        }
    }
}
