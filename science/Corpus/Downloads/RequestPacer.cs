using System.Net.Http.Headers;

namespace Ism.Corpus.Downloads;

/// <summary>Decides when the next request may begin: so many at once, so many a second, none before a server's Retry-After.
/// Thread-safe.</summary>
internal sealed class RequestPacer(DownloadOptions options, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.Connections);
    private readonly Lock _lock = new();
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Waits for its turn; the request lasts until what is returned is disposed.</summary>
    public async Task<IDisposable> BeginAsync(CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation);
        try
        {
            while (true)
            {
                TimeSpan wait;
                lock (_lock)
                {
                    var now = clock.GetUtcNow();
                    wait = _next - now;
                    if (wait <= TimeSpan.Zero)
                    {
                        _next = now + TimeSpan.FromSeconds(1 / options.RequestsPerSecond);
                        return new Permit(_free);
                    }
                }

                await Task.Delay(wait, clock, cancellation);
            }
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    /// <summary>What a server asks to be left alone for, or null where it asks nothing.</summary>
    public TimeSpan? Asked(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };

    /// <summary>Nobody begins a request for so long.</summary>
    public void Pause(TimeSpan time)
    {
        lock (_lock)
        {
            var until = clock.GetUtcNow() + time;
            _next = until > _next ? until : _next;
        }
    }

    /// <summary>Waits before another try, the longer the more there have been.</summary>
    public Task BackOffAsync(int failures, CancellationToken cancellation)
    {
        var longest = Math.Min(60, options.BackoffSeconds * Math.Pow(2, Math.Min(failures - 1, 20)));
        return Task.Delay(TimeSpan.FromSeconds(longest * (1 - Random.Shared.NextDouble() / 2)), clock, cancellation);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Permit(SemaphoreSlim free) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
