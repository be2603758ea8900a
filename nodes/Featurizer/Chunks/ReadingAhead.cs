using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Ism.Featurizer.Threads;

namespace Ism.Featurizer.Chunks;

/// <summary>Runs a sequence ahead of whoever takes from it, on a thread of its own.</summary>
internal static class ReadingAhead
{
    // How often a thread that waits for room looks whether anybody will still make it.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The items of <paramref name="source"/>, in its order. Up to <paramref name="ahead"/> of them wait ready, and one more is being made.
    /// What it throws is thrown here, after the items before. Taking no more ends the thread, which is waited for: so a worker whose reading
    /// hangs does not come back either.
    /// </summary>
    /// <param name="source">Enumerated on the other thread.</param>
    /// <param name="ahead">Items that may wait; 0: none, and no other thread.</param>
    /// <param name="underWay">The worker; when it has been given up the thread ends.</param>
    public static IEnumerable<T> Of<T>(IEnumerable<T> source, int ahead, UnderWay underWay)
    {
        if (ahead <= 0)
        {
            foreach (var item in source)
            {
                yield return item;
            }

            yield break;
        }

        using var ready = new BlockingCollection<T>(ahead);
        using var stop = new CancellationTokenSource();
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(Fill) { Name = "reading", IsBackground = true };
        thread.Start();
        try
        {
            foreach (var item in ready.GetConsumingEnumerable())
            {
                yield return item;
            }

            fault?.Throw();
        }
        finally
        {
            stop.Cancel();
            thread.Join();
        }

        void Fill()
        {
            try
            {
                foreach (var item in source)
                {
                    while (!ready.TryAdd(item, (int)Look.TotalMilliseconds, stop.Token))
                    {
                        if (underWay.Abandoned)
                        {
                            return;
                        }
                    }
                }
            }
            catch (Exception e)
            {
                // Given to the one who takes; when nobody does any more it is of no interest.
                fault = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                ready.CompleteAdding();
            }
        }
    }
}
