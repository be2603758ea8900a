using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring.Tls;

/// <summary>Two sockets of this process that are connected with each other and with nobody else.</summary>
internal static partial class SocketPair
{
    private const int Unix = 1;
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;

    /// <summary>Makes them.</summary>
    /// <exception cref="SocketException">The system gives none.</exception>
    public static (Socket One, Socket Other) Create()
    {
        if (!OperatingSystem.IsLinux())
        {
            return OverTcp();
        }

        Span<int> handles = stackalloc int[2];
        return Pair(Unix, Stream | CloseOnExec, 0, ref handles[0]) == 0
            ? (new Socket(new SafeSocketHandle(handles[0], ownsHandle: true)), new Socket(new SafeSocketHandle(handles[1], ownsHandle: true)))
            : throw new SocketException(Marshal.GetLastPInvokeError());
    }

    // Another of this machine might connect in between: only the own end is taken.
    private static (Socket One, Socket Other) OverTcp()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        one.Connect(listener.LocalEndPoint!);
        while (true)
        {
            var other = listener.Accept();
            if (other.RemoteEndPoint!.Equals(one.LocalEndPoint))
            {
                return (one, other);
            }

            other.Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int Pair(int domain, int type, int protocol, ref int handles);
}
