using System.Diagnostics;

namespace Ism.GpuTrainer.Samples;

/// <summary>
/// Hands fetched steps from the fetching actor to the training thread. <see cref="TryTake"/> blocks that thread, and only that one.
/// </summary>
public sealed class StepBuffer
{
    private readonly Dictionary<long, FetchedShare> _steps = [];
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _changed = new(0);
    private string _waitingFor = "the first answer";
    private long _lastSign = Stopwatch.GetTimestamp();

    /// <summary>Called with each taken step, so that the next ones are fetched.</summary>
    public Action<long>? Taken { get; set; }

    /// <summary>Called with a taken step that is to be fetched again, shared out by count: the ranks did not share it out by the same
    /// costs.</summary>
    public Action<long>? Refused { get; set; }

    /// <summary>A step is complete.</summary>
    public void Put(long step, FetchedShare share)
    {
        lock (_gate)
        {
            _steps[step] = share;
        }

        _changed.Release();
    }

    /// <summary>Says what is still missing, for the message of a missed deadline.</summary>
    public void Describe(string waitingFor) => Volatile.Write(ref _waitingFor, waitingFor);

    /// <summary>What is still missing.</summary>
    public string WaitingFor => Volatile.Read(ref _waitingFor);

    /// <summary>Somebody answered, be it only that a chunk is not ready: waiting is no sign of a fault.</summary>
    public void SignOfLife() => Volatile.Write(ref _lastSign, Stopwatch.GetTimestamp());

    /// <summary>Waits at most <paramref name="slice"/> for a step's samples; null when they are not there yet.</summary>
    /// <param name="step">The step.</param>
    /// <param name="slice">Longest wait of this call.</param>
    /// <param name="deadline">Longest time without a sign of life from any featurizer.</param>
    /// <param name="cancel">The generation ends.</param>
    /// <exception cref="TimeoutException">Nobody answered for that time; says which chunks were waited for.</exception>
    /// <exception cref="OperationCanceledException">The generation ends.</exception>
    public FetchedShare? TryTake(long step, TimeSpan slice, TimeSpan deadline, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            lock (_gate)
            {
                if (_steps.Remove(step, out var share))
                {
                    Taken?.Invoke(step);
                    return share;
                }
            }

            var left = slice - clock.Elapsed;
            if (left > TimeSpan.Zero && _changed.Wait(left, cancel))
            {
                continue;
            }

            return Stopwatch.GetElapsedTime(Volatile.Read(ref _lastSign)) < deadline
                ? null
                : throw new TimeoutException($"the samples of step {step} did not come and no featurizer answered for "
                    + $"{deadline.TotalSeconds:F0} s; waited for {Volatile.Read(ref _waitingFor)}");
        }
    }
}
