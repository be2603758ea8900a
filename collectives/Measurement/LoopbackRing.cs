using System.Net;
using System.Net.Sockets;

namespace Ism.Collectives.Measurement;

/// <summary>Plain sockets in a ring on loopback: what the system moves between threads when nobody looks at the bytes.</summary>
internal sealed class LoopbackRing : IDisposable
{
    private const int Piece = 256 << 10;

    private readonly Socket[] _next;
    private readonly Socket[] _previous;

    public LoopbackRing(int ranks)
    {
        (_next, _previous) = (new Socket[ranks], new Socket[ranks]);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        for (var rank = 0; rank < ranks; rank++)
        {
            _next[rank] = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _next[rank].Connect(listener.LocalEndPoint!);
            _previous[(rank + 1) % ranks] = listener.Accept();
        }
    }

    /// <summary>Sends so many bytes of the buffer, from its start again and again, to the next rank and takes as many from the
    /// previous one, both directions at once.</summary>
    public unsafe void Push(int rank, byte* buffer, long size, long bytes)
    {
        var (sent, received) = (0L, 0L);
        var piece = (int)Math.Min(Piece, size);
        var arrived = new byte[piece];
        var (reads, writes) = (new List<Socket>(1), new List<Socket>(1));
        (_next[rank].Blocking, _previous[rank].Blocking) = (false, false);
        while (sent < bytes || received < bytes)
        {
            var moved = 0;
            if (sent < bytes)
            {
                var at = sent % (size - piece + 1);
                var part = new ReadOnlySpan<byte>(buffer + at, (int)Math.Min(piece, bytes - sent));
                moved += Math.Max(0, _next[rank].Send(part, SocketFlags.None, out _));
                sent += moved;
            }

            if (received < bytes)
            {
                var got = _previous[rank].Receive(arrived.AsSpan(0, (int)Math.Min(piece, bytes - received)), SocketFlags.None, out _);
                received += got;
                moved += got;
            }

            if (moved == 0)
            {
                reads.Clear();
                writes.Clear();
                if (sent < bytes)
                {
                    writes.Add(_next[rank]);
                }

                if (received < bytes)
                {
                    reads.Add(_previous[rank]);
                }

                Socket.Select(reads, writes, null, 50_000);
            }
        }
    }

    /// <summary>Runs the ranks on threads of their own; throws what one throws.</summary>
    public static void OnThreads(int ranks, Action<int> body)
    {
        var problems = new Exception?[ranks];
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
        {
            try
            {
                body(rank);
            }
            catch (Exception problem)
            {
                problems[rank] = problem;
            }
        })
        { Name = $"rank {rank}", IsBackground = true }).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (problems.FirstOrDefault(problem => problem is not null) is { } first)
        {
            throw new AggregateException(first);
        }
    }

    public void Dispose()
    {
        Array.ForEach(_next, socket => socket.Dispose());
        Array.ForEach(_previous, socket => socket.Dispose());
    }
}
