using TorchSharp;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>
/// The threads of one encoder. Each has torch to itself with one thread, so what a batch gives does not depend on how many there are;
/// they end with <see cref="Dispose"/> or the process. One caller at a time.
/// </summary>
internal sealed class EncoderThreads : IDisposable
{
    private readonly SemaphoreSlim _work = new(0);
    private readonly CountdownEvent _idle = new(0);
    private readonly FusedWeights _weights;
    private readonly int _threads;
    private readonly CoreShare? _cores;
    private Action<FusedEncoder, int> _body = (_, _) => { };
    private int _count;
    private int _next;
    private Exception? _fault;
    private volatile bool _ended;

    /// <param name="weights">The weights; not owned.</param>
    /// <param name="threads">How many.</param>
    /// <param name="cores">What they share with others, a batch at a time; null: nothing.</param>
    public EncoderThreads(FusedWeights weights, int threads, CoreShare? cores = null)
    {
        (_weights, _threads, _cores) = (weights, threads, cores);

        // Setting a thread's own number also sets that of threads to come: put back once these have theirs.
        var others = torch.get_num_threads();
        _idle.Reset(threads);
        for (var t = 0; t < threads; t++)
        {
            new Thread(Work) { IsBackground = true, Name = $"encoder {t}" }.Start();
        }

        _idle.Wait();
        torch.set_num_threads(others);
    }

    /// <summary>Calls the body once for each of 0..count-1, spread over the threads, and returns when all are done.</summary>
    /// <param name="count">How many.</param>
    /// <param name="body">Given the buffers of its thread.</param>
    public void Run(int count, Action<FusedEncoder, int> body)
    {
        var threads = Math.Min(_threads, count);
        if (threads == 0)
        {
            return;
        }

        (_body, _count, _next, _fault) = (body, count, -1, null);
        _idle.Reset(threads);
        _work.Release(threads);
        _idle.Wait();
        if (_fault is { } fault)
        {
            throw new InvalidOperationException($"the encoder failed: {fault.Message}", fault);
        }
    }

    public void Dispose()
    {
        _idle.Wait();
        _ended = true;
        _idle.Reset(_threads);
        _work.Release(_threads);
        _idle.Wait();
        _work.Dispose();
        _idle.Dispose();
    }

    private void Work()
    {
        torch.set_num_threads(1);
        using var encoder = new FusedEncoder(_weights);
        _idle.Signal();
        while (true)
        {
            _work.Wait();
            if (_ended)
            {
                break;
            }

            try
            {
                for (var i = Interlocked.Increment(ref _next); i < _count; i = Interlocked.Increment(ref _next))
                {
                    _cores?.Enter();
                    try
                    {
                        _body(encoder, i);
                    }
                    finally
                    {
                        _cores?.Leave();
                    }
                }
            }
            catch (Exception e)
            {
                // Handed to the caller; the others stop at their next batch.
                _fault = e;
                Interlocked.Exchange(ref _next, _count);
            }

            _idle.Signal();
        }

        _idle.Signal();
    }
}
