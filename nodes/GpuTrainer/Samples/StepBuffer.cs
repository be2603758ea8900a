using System.Diagnostics;

namespace Ism.GpuTrainer.Samples;

/// <summary>
/// Hands fetched steps from the fetching actor to the training thread. <see cref="Take"/> blocks that thread, and only that one.
/// </summary>
public sealed class StepBuffer
{
    private readonly Dictionary<long, IReadOnlyList<FetchedSample>> _steps = [];
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _changed = new(0);
    private string _waitingFor = "the first answer";

    /// <summary>Called with each taken step, so that the next ones are fetched.</summary>
    public Action<long>? Taken { get; set; }

    /// <summary>A step is complete.</summary>
    public void Put(long step, IReadOnlyList<FetchedSample> samples)
    {
        lock (_gate)
        {
            _steps[step] = samples;
        }

        _changed.Release();
    }

    /// <summary>Says what is still missing, for the message of a missed deadline.</summary>
    public void Describe(string waitingFor) => Volatile.Write(ref _waitingFor, waitingFor);

    /// <summary>Waits for a step's samples. <paramref name="waited"/> is the time it took.</summary>
    /// <exception cref="TimeoutException">They did not come in time; says which chunks were waited for.</exception>
    /// <exception cref="OperationCanceledException">The generation ends.</exception>
    public IReadOnlyList<FetchedSample> Take(long step, TimeSpan deadline, CancellationToken cancel, out TimeSpan waited)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            lock (_gate)
            {
                if (_steps.Remove(step, out var samples))
                {
                    Taken?.Invoke(step);
                    waited = clock.Elapsed;
                    return samples;
                }
            }

            var left = deadline - clock.Elapsed;
            if (left <= TimeSpan.Zero || !_changed.Wait(left, cancel))
            {
                throw new TimeoutException(
                    $"the samples of step {step} did not come within {deadline.TotalSeconds:F0} s; waited for {Volatile.Read(ref _waitingFor)}");
            }
        }
    }
}
