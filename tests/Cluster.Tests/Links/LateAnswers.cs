using System.Net;
using System.Net.Sockets;

namespace Ism.Cluster.Tests.Links;

/// <summary>A door before a node: what comes in goes on; of the first connection nothing comes back out, as when the answer is slower than patience.</summary>
internal sealed class LateAnswers : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _withheld = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections;

    public LateAnswers() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _connections;

    /// <summary>The answer to the first connection was withheld, and the caller has given that one up.</summary>
    public Task Withheld => _withheld.Task;

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Opens the door to a port.</summary>
    public void Forward(int port) => _ = AcceptAsync(port);

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync(int port)
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await _listener.AcceptTcpClientAsync(), port, Interlocked.Increment(ref _connections) == 1);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The door was closed.
        }
    }

    private async Task PassAsync(TcpClient caller, int port, bool withhold)
    {
        using var called = new TcpClient();
        using (caller)
        {
            await called.ConnectAsync(IPAddress.Loopback, port);
            var there = CopyAsync(caller.GetStream(), called.GetStream());
            var back = CopyAsync(called.GetStream(), withhold ? Stream.Null : caller.GetStream());
            await Task.WhenAny(there, back);
        }

        if (withhold)
        {
            _withheld.TrySetResult();
        }
    }

    private static async Task CopyAsync(Stream from, Stream to)
    {
        try
        {
            await from.CopyToAsync(to);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // One side has gone.
        }
    }
}
