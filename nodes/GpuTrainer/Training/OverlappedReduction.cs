using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Ism.Collectives;
using Ism.Models.Training;

namespace Ism.GpuTrainer.Training;

/// <summary>
/// Adds up gradients over ranks while the backward pass of the last micro-batch goes on: a thread reduces bucket after bucket, in the same
/// order on all ranks, each as soon as it is complete here. Between <see cref="Begin"/> and <see cref="Finish"/> that thread is the group's
/// only user. Called by the training thread.
/// </summary>
public sealed class OverlappedReduction : IDisposable
{
    private readonly GradientBuckets _buckets;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly ElementType _type;
    private readonly nint _address;
    private readonly HalfGradients? _half;
    private ICollectiveGroup? _group;
    private Task _last = Task.CompletedTask;
    private volatile Exception? _failure;
    private int _next;
    private int _complete;

    /// <summary>Over these buckets of the gradients of <paramref name="parameters"/>, which must outlive it.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="buckets">The cut of their gradients.</param>
    /// <param name="inHalf">Gradients go between ranks in bfloat16 (<see cref="HalfGradients"/>).</param>
    /// <exception cref="ArgumentException">In bfloat16, and the gradients are not float32.</exception>
    public OverlappedReduction(FlatParameters parameters, GradientBuckets buckets, bool inHalf = false)
    {
        _buckets = buckets;
        _half = inHalf ? HalfGradients.Of(parameters.Gradients, buckets.All.Max(bucket => bucket.Count)) : null;
        (_address, _type) = FlatCollectives.Memory(parameters.Gradients);
        _thread = new Thread(Run) { IsBackground = true, Name = "gradient-reduction" };
        _thread.Start();
    }

    /// <summary>A step begins. A group of one reduces nothing.</summary>
    public void Begin(ICollectiveGroup group)
    {
        // After a failure some of the last step's may still be waiting to be passed over.
        _last.Wait();
        (_group, _next, _complete, _failure) = (group, 0, 0, null);
    }

    /// <summary>The next range of the completion order is complete on this rank; its buckets may be reduced.</summary>
    /// <exception cref="CollectiveException">A bucket before it could not be reduced.</exception>
    public void Complete()
    {
        _complete++;
        Start();
    }

    /// <summary>Everything is complete. Returns when all is reduced.</summary>
    /// <exception cref="CollectiveException">As <see cref="ICollectiveGroup.AllReduce"/>.</exception>
    public void Finish()
    {
        _complete = int.MaxValue;
        Start();
        _last.Wait();
        Rethrow();
        _group = null;
    }

    /// <summary>Returns when the thread no longer uses the group, after a failure elsewhere; abort the group first.</summary>
    public void Abandon() => _last.Wait();

    /// <inheritdoc/>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
        _half?.Dispose();
    }

    private void Start()
    {
        Rethrow();
        if (_group is not { World: > 1 } group)
        {
            return;
        }

        for (; _next < _buckets.All.Count && _buckets.All[_next].Ranges <= _complete; _next++)
        {
            var bucket = _buckets.All[_next];
            var done = new TaskCompletionSource();
            _last = done.Task;
            _work.Add(() =>
            {
                Reduce(group, bucket);
                done.SetResult();
            });
        }
    }

    private void Reduce(ICollectiveGroup group, GradientBucket bucket)
    {
        if (_failure is not null)
        {
            return;
        }

        try
        {
            if (_half is not null)
            {
                _half.AllReduce(group, bucket);
            }
            else
            {
                group.AllReduce((nint)(_address + (bucket.Start * _type.Size())), bucket.Count, _type, ReduceOp.Sum);
            }
        }
        catch (Exception problem)
        {
            // Thrown again on the training thread, as if it had called itself.
            _failure = problem;
        }
    }

    private void Rethrow()
    {
        if (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
