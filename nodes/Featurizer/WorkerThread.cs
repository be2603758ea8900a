using System.Collections.Concurrent;

namespace Ism.Featurizer;

/// <summary>
/// One dedicated thread that does work in the order given. Featurizing never runs on the actors' pool: there it would delay
/// heartbeats, and torch's dispose scopes belong to one thread.
/// </summary>
public sealed class WorkerThread : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    public WorkerThread(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Work not yet begun.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Queues work; <paramref name="done"/> gets its result or its exception on the worker's thread.</summary>
    public void Post<T>(Func<T> work, Action<T?, Exception?> done) => _queue.Add(() =>
    {
        T result;
        try
        {
            result = work();
        }
        catch (Exception e)
        {
            // Whatever bad input or a defect throws, the node goes on; the caller reports it under the chunk's name.
            done(default, e);
            return;
        }

        done(result, null);
    });

    /// <summary>Takes no more work and lets what is under way end.</summary>
    public void Dispose() => _queue.CompleteAdding();

    private void Run()
    {
        foreach (var work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}
