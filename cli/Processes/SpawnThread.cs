using System.Collections.Concurrent;

namespace Ism.Cli.Processes;

/// <summary>
/// The one thread that starts children. The kernel sends PR_SET_PDEATHSIG when the THREAD that made the child ends, not its process:
/// a child started on a thread of the pool would be killed when the pool shrinks. This thread lives until it is disposed.
/// </summary>
internal sealed class SpawnThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public SpawnThread()
    {
        _thread = new Thread(() =>
        {
            foreach (var start in _work.GetConsumingEnumerable())
            {
                start();
            }
        })
        {
            IsBackground = true,
            Name = "start of children",
        };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="start"/> there and returns its result or throws what it threw.</summary>
    public T Run<T>(Func<T> start)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(start());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Ends the thread; children that live get their signal.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }
}
