using System.Net.Sockets;

namespace Ism.Collectives.Ring;

/// <summary>A last word on a connection.</summary>
internal static class RingFarewell
{
    /// <summary>Sends what the connection takes of <paramref name="frame"/> now, and nothing after it.</summary>
    public static void Say(Socket socket, byte[] frame)
    {
        try
        {
            socket.Send(frame, SocketFlags.None, out _);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer is gone already.
        }
        catch (ObjectDisposedException)
        {
            // Closed before.
        }
    }
}
