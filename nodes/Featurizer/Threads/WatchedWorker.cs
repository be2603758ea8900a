using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ism.Featurizer.Threads;

/// <summary>
/// One dedicated thread with tools of its own that does work in the order given. Featurizing never runs on the actors' pool: there it
/// would delay heartbeats, and torch's dispose scopes belong to one thread. A thread cannot be ended from outside: one on which a
/// structure takes too long is abandoned, and a new one with new tools begins its work again.
/// </summary>
/// <typeparam name="TTool">What the work is done with; made on the thread, disposed when the thread ends.</typeparam>
public sealed class WatchedWorker<TTool> : IDisposable
    where TTool : class, IDisposable
{
    private readonly BlockingCollection<Func<TTool, UnderWay, Action?>> _queue = [];
    private readonly string _name;
    private readonly Func<UnderWay, TTool> _makeTool;
    private readonly TimeSpan _limit;
    private readonly Action<string> _abandoned;
    private readonly Action _returned;
    private readonly Timer? _watchdog;
    private readonly TimeSpan _period;
    private readonly Lock _looking = new();
    private long _lookedAt = Stopwatch.GetTimestamp();
    private Lane _lane;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="makeTool">Makes the tools of a thread, which say there what is under way.</param>
    /// <param name="limit">How long one thing may be under way; zero: for ever.</param>
    /// <param name="abandoned">Told what took too long when a thread is abandoned.</param>
    /// <param name="returned">Told when an abandoned thread has come back after all, and ended.</param>
    public WatchedWorker(string name, Func<UnderWay, TTool> makeTool, TimeSpan limit, Action<string> abandoned, Action returned)
    {
        (_name, _makeTool, _limit, _abandoned, _returned) = (name, makeTool, limit, abandoned, returned);
        _lane = Start(null);
        _period = TimeSpan.FromMilliseconds(Math.Clamp(limit.TotalMilliseconds / 8, 20, 1000));
        _watchdog = limit > TimeSpan.Zero ? new Timer(_ => Look(), null, _period, _period) : null;
    }

    /// <summary>Queues work; <paramref name="done"/> gets its result or its exception on the worker's thread. Work whose thread is
    /// abandoned is begun again, so it must bear being done twice.</summary>
    public void Post<T>(Func<TTool, T> work, Action<T?, Exception?> done) => _queue.Add((tool, underWay) =>
    {
        T result;
        try
        {
            result = work(tool);
        }
        catch (Exception e)
        {
            // Whatever bad input or a defect throws, the node goes on; the caller reports it under the chunk's name.
            return underWay.TryEnd() ? () => done(default, e) : null;
        }

        return underWay.TryEnd() ? () => done(result, null) : null;
    });

    /// <summary>Takes no more work and lets what is under way end.</summary>
    public void Dispose()
    {
        _watchdog?.Dispose();
        _queue.CompleteAdding();
    }

    private Lane Start(Func<TTool, UnderWay, Action?>? first)
    {
        var lane = new Lane { Work = first };
        new Thread(() => Run(lane)) { Name = _name, IsBackground = true }.Start();
        return lane;
    }

    private void Run(Lane lane)
    {
        TTool? tool = null;
        try
        {
            tool = _makeTool(lane.UnderWay);
            if (lane.Work is { } first)
            {
                first(tool, lane.UnderWay)?.Invoke();
            }

            // A thread that was abandoned takes no more; the new one has the queue.
            while (!lane.UnderWay.Abandoned && _queue.TryTake(out var work, Timeout.Infinite))
            {
                lane.Work = work;
                work(tool, lane.UnderWay)?.Invoke();
            }
        }
        finally
        {
            tool?.Dispose();
            if (lane.UnderWay.Abandoned)
            {
                _returned();
            }
        }
    }

    private void Look()
    {
        lock (_looking)
        {
            // A process that was stopped for a while has not worked meanwhile: a look counts for no more than two of its periods.
            var passed = Stopwatch.GetElapsedTime(_lookedAt);
            _lookedAt = Stopwatch.GetTimestamp();
            var counted = passed < 2 * _period ? passed : 2 * _period;
            if (_lane.UnderWay.Pass(counted, _limit) is { } what)
            {
                _lane = Start(_lane.Work);
                _abandoned(what);
            }
        }
    }

    private sealed class Lane
    {
        public UnderWay UnderWay { get; } = new();

        public volatile Func<TTool, UnderWay, Action?>? Work;
    }
}
