using System.Net.Sockets;

namespace Ism.Collectives.Ring;

/// <summary>
/// Lets the previous rank in and turns everybody else away: other generations get an answer that says so, silent or senseless
/// connections (port scans, health probes) are dropped and never hold up the one that is waited for.
/// </summary>
internal sealed class RingDoor(Socket listener, RingMembership me, JoinClock clock, RingTls? tls = null)
{
    private const int MaxGuests = 64;
    private readonly Dictionary<Socket, (byte[] Bytes, int Got)> _guests = [];

    /// <summary>The connection of the previous rank.</summary>
    /// <param name="welcome">The next rank's answer, looked for meanwhile: a refused member need not wait here.</param>
    /// <exception cref="CollectiveException">It did not come in time, or the next rank refuses this one.</exception>
    public Socket Admit(RingWelcome welcome)
    {
        listener.Blocking = false;
        try
        {
            while (true)
            {
                List<Socket> ready = [listener, .. _guests.Keys];
                Socket.Select(ready, null, null, JoinClock.SliceMicroseconds);
                foreach (var socket in ready)
                {
                    if (socket == listener)
                    {
                        Greet();
                    }
                    else if (Hear(socket))
                    {
                        _guests.Remove(socket);
                        return socket;
                    }
                }

                welcome.Look(0);
                clock.Check(me.Previous, "it did not connect");
            }
        }
        finally
        {
            foreach (var guest in _guests.Keys)
            {
                guest.Dispose();
            }
        }
    }

    private void Greet()
    {
        try
        {
            var guest = listener.Accept();
            if (_guests.Count >= MaxGuests)
            {
                guest.Dispose();
                return;
            }

            guest = tls is null ? guest : tls.Accept(guest).Inside;
            guest.Blocking = false;

            _guests.Add(guest, (new byte[RingHandshake.Size], 0));
        }
        catch (SocketException)
        {
            // Gone before it was accepted.
        }
    }

    // True when this guest is the previous rank, which is then welcomed.
    private bool Hear(Socket guest)
    {
        var (bytes, before) = _guests[guest];
        var read = guest.Receive(bytes.AsSpan(before), SocketFlags.None, out var error);
        if (read == 0)
        {
            if (error != SocketError.WouldBlock)
            {
                Drop(guest);
            }

            return false;
        }

        _guests[guest] = (bytes, before + read);
        if (before + read < bytes.Length)
        {
            return false;
        }

        if (!RingHandshake.TryParse(bytes, out var hello))
        {
            Drop(guest);
            return false;
        }

        var verdict = hello.Judge(me);
        try
        {
            RingHandshake.Of(me, verdict).Send(guest);
        }
        catch (SocketException)
        {
            Drop(guest);
            return false;
        }

        if (verdict != RingVerdict.Welcome)
        {
            Drop(guest);
            return false;
        }

        return true;
    }

    private void Drop(Socket guest)
    {
        _guests.Remove(guest);
        guest.Dispose();
    }
}
