using System.Net;
using System.Net.Sockets;
using Ism.Collectives.Ring;

namespace Ism.Collectives;

/// <summary>
/// The door of one member: opened first, its address told to the coordinator, which hands all addresses to all members; then
/// <see cref="Connect"/> makes the ring of one generation. A member opens a new one for every generation.
/// </summary>
public sealed class TcpRingListener : IDisposable
{
    private readonly Socket _socket;
    private readonly string _host;
    private readonly RingTls? _tls;

    /// <summary>Listens at once.</summary>
    /// <param name="host">Name or address under which the other members reach this one.</param>
    /// <param name="port">0 lets the system choose.</param>
    /// <param name="any">Listen on every interface; false: only on the address of <paramref name="host"/>.</param>
    /// <param name="tls">Makes the links secret; null: plain TCP.</param>
    /// <exception cref="SocketException">The port is taken, or the host is not this machine's.</exception>
    public TcpRingListener(string host, int port = 0, bool any = false, RingTls? tls = null)
    {
        (_host, _tls) = (host, tls);
        var address = any ? IPAddress.Any : Resolve(host);
        _socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(new IPEndPoint(address, port));
        _socket.Listen(64);
    }

    /// <summary>"host:port", to be told to the others.</summary>
    public string Endpoint
    {
        get
        {
            var port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
            return _host.Contains(':') ? $"[{_host}]:{port}" : $"{_host}:{port}";
        }
    }

    /// <summary>Joins the ring; returns when both neighbours are connected. A ring of one needs no connection. The listener is
    /// closed on return: it belongs to one generation.</summary>
    /// <param name="me">Who is in the ring, and which of them this is.</param>
    /// <param name="deadline">Longest time for joining, and later the longest time any operation waits without a byte
    /// moving.</param>
    /// <param name="cancel">Leaves the attempt, e.g. because a newer generation is known.</param>
    /// <exception cref="CollectiveException">A neighbour was not there in time, or is of another group or generation.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    /// <exception cref="ArgumentException">The membership contradicts itself.</exception>
    public ICollectiveGroup Connect(RingMembership me, TimeSpan deadline, CancellationToken cancel = default)
    {
        me.Check();
        if (me.World == 1)
        {
            Dispose();
            return new SingleMember(me.Generation);
        }

        var clock = new JoinClock(me, deadline, cancel);
        Socket? next = null;
        Socket? previous = null;
        try
        {
            next = Dial(me, clock);
            var link = _tls?.Connect(next);
            next = link?.Inside ?? next;
            RingHandshake.Of(me, RingVerdict.Hello).Send(next);
            var welcome = new RingWelcome(next, me, clock, link);
            previous = new RingDoor(_socket, me, clock, _tls).Admit(welcome);
            while (!welcome.Look(JoinClock.SliceMicroseconds))
            {
                clock.Check(me.Next, "it accepted the connection and did not answer");
            }

            return new TcpRing(next, previous, me, deadline);
        }
        catch (Exception problem)
        {
            next?.Dispose();
            previous?.Dispose();
            if (problem is SocketException broken)
            {
                throw clock.Failed(CollectiveFailure.PeerLost, me.Next, $"{me.Describe(me.Next)}: {broken.Message}", broken);
            }

            throw;
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _socket.Dispose();

    private static IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out var address) ? address
        : Dns.GetHostAddresses(host) is [var first, ..] ? first
        : throw new SocketException((int)SocketError.HostNotFound);

    // The next rank told the coordinator its address before this rank knew of it, so a refused connection is only a passing one.
    private static Socket Dial(RingMembership me, JoinClock clock)
    {
        var endpoint = me.Endpoints[me.Next];
        var colon = endpoint.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(endpoint.AsSpan(colon + 1), out var port))
        {
            throw new ArgumentException($"endpoint of rank {me.Next} is \"{endpoint}\", expected host:port");
        }

        while (true)
        {
            var address = Resolve(endpoint[..colon].Trim('[', ']'));
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            var reached = false;
            try
            {
                reached = TryConnect(socket, new(address, port), me, clock);
                if (reached)
                {
                    return socket;
                }
            }
            finally
            {
                if (!reached)
                {
                    socket.Dispose();
                }
            }

            clock.Check(me.Next, "it did not accept a connection");
            clock.Pause();
        }
    }

    private static bool TryConnect(Socket socket, IPEndPoint to, RingMembership me, JoinClock clock)
    {
        try
        {
            socket.Connect(to);
        }
        catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            while (!socket.Poll(JoinClock.SliceMicroseconds, SelectMode.SelectWrite))
            {
                clock.Check(me.Next, "it did not accept a connection");
            }
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }

        return (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0;
    }
}
