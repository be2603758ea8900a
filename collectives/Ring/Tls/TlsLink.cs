using System.Net.Security;
using System.Net.Sockets;

namespace Ism.Collectives.Ring.Tls;

/// <summary>
/// A link of the ring through TLS. The ring drives plain sockets without blocking, watches several of them at once and looks at bytes
/// before it takes them, none of which a TLS stream can do. So the ring keeps a plain socket, whose other end is in this process too, and
/// two threads carry bytes between that and the network. What the ring sees is what it would see of the peer: closing of either direction,
/// and a connection that ends when the handshake fails.
/// </summary>
internal sealed class TlsLink
{
    private const int BufferBytes = 256 << 10;

    // A peer that says nothing, or speaks no TLS, must not keep a thread for long.
    private static readonly TimeSpan HandshakeWithin = TimeSpan.FromSeconds(10);

    // The ring has its own, shorter deadlines; these only let go of threads when the network takes nothing any more.
    private static readonly TimeSpan SendWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Socket _outside;
    private readonly Socket _carried;
    private readonly Action<SslStream> _handshake;
    private readonly Action<string>? _refused;
    private volatile string? _failure;

    private TlsLink(Socket outside, Action<SslStream> handshake, Action<string>? refused)
    {
        (_outside, _handshake, _refused) = (outside, handshake, refused);
        (Inside, _carried) = SocketPair.Create();
    }

    /// <summary>The ring's end; it owns it.</summary>
    public Socket Inside { get; }

    /// <summary>Why the link has ended; null while it lives, or when it was closed as it should be.</summary>
    public string? Failure => _failure;

    /// <summary>Begins the handshake on a thread of its own.</summary>
    /// <param name="outside">The connection to the peer; owned by the link from now on.</param>
    /// <param name="handshake">Does it, on this side's part.</param>
    /// <param name="refused">Told when it fails.</param>
    public static TlsLink Begin(Socket outside, Action<SslStream> handshake, Action<string>? refused)
    {
        var link = new TlsLink(outside, handshake, refused);
        new Thread(link.Run) { IsBackground = true, Name = "ring-tls-out" }.Start();
        return link;
    }

    private void Run()
    {
        using var outside = _outside;
        using var carried = _carried;
        try
        {
            outside.Blocking = true;
            outside.NoDelay = true;
            using var stream = new SslStream(new NetworkStream(outside));
            var peer = outside.RemoteEndPoint;
            if (!TryShake(stream, $"{peer}"))
            {
                return;
            }

            var inward = new Thread(() => CarryIn(stream)) { IsBackground = true, Name = "ring-tls-in" };
            inward.Start();
            CarryOut(stream);
            inward.Join(LastWords);
            outside.Dispose();
            inward.Join();
        }
        catch (Exception e)
        {
            // Nobody else is on this thread: what a stranger sends must not end the process.
            _failure ??= e.Message;
        }
    }

    private bool TryShake(SslStream stream, string peer)
    {
        try
        {
            _outside.ReceiveTimeout = _outside.SendTimeout = (int)HandshakeWithin.TotalMilliseconds;
            _handshake(stream);
            (_outside.ReceiveTimeout, _outside.SendTimeout) = (0, (int)SendWithin.TotalMilliseconds);
            return true;
        }
        catch (Exception e)
        {
            _failure = $"TLS with {peer} failed: {e.Message}";
            _refused?.Invoke(_failure);
            return false;
        }
    }

    // From the ring to the peer, until the ring closes its side.
    private void CarryOut(SslStream stream)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        try
        {
            while (_carried.Receive(buffer) is > 0 and var got)
            {
                stream.Write(buffer, 0, got);
            }

            stream.ShutdownAsync().GetAwaiter().GetResult();
            _outside.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Broken(e);
        }
    }

    // From the peer to the ring, until the peer closes its side or is gone.
    private void CarryIn(SslStream stream)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        try
        {
            while (stream.Read(buffer) is > 0 and var got)
            {
                for (var sent = 0; sent < got;)
                {
                    sent += _carried.Send(buffer.AsSpan(sent, got - sent));
                }
            }

            _carried.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e)
        {
            Broken(e);
        }
    }

    // The ring hears that the peer is gone; what it has said before, it still reads.
    private void Broken(Exception why)
    {
        _failure ??= why.Message;
        try
        {
            _carried.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The ring has closed it before.
        }
    }
}
