using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Ism.Collectives.Ring;

/// <summary>
/// Reads frames from one connection without blocking. The payload goes where <c>place</c> says for data frames, else into an own
/// text buffer. Owned by the ring's thread.
/// </summary>
internal sealed unsafe class RingReceiver(Socket socket) : IDisposable
{
    private readonly byte* _own = (byte*)NativeMemory.Alloc(RingFrame.Size + RingFrame.MaxText);
    private int _headReceived;
    private RingFrame _frame;
    private nint _body;
    private int _bodyLeft;

    /// <summary>The connection.</summary>
    public Socket Socket { get; } = socket;

    /// <summary>Whether the peer has closed its side.</summary>
    public bool Closed { get; private set; }

    /// <summary>Bytes moved since the last call of this property.</summary>
    public long TakeMoved()
    {
        var moved = _moved;
        _moved = 0;
        return moved;
    }

    private long _moved;

    /// <summary>Receives what is there; true when a whole frame is in.</summary>
    /// <param name="place">Where the payload of this data frame goes; throws when the frame does not belong here.</param>
    /// <param name="frame">The frame received.</param>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="InvalidDataException">What arrives is not a frame.</exception>
    public bool TryReceive(Func<RingFrame, nint> place, out RingFrame frame)
    {
        frame = default;
        while (_headReceived < RingFrame.Size)
        {
            var got = Receive(new Span<byte>(_own + _headReceived, RingFrame.Size - _headReceived));
            if (got <= 0)
            {
                return false;
            }

            _headReceived += got;
            if (_headReceived == RingFrame.Size)
            {
                _frame = MemoryMarshal.Read<RingFrame>(new ReadOnlySpan<byte>(_own, RingFrame.Size));
                if (!_frame.Valid)
                {
                    throw new InvalidDataException("received bytes that are not a frame of this protocol");
                }

                _body = _frame.Kind == FrameKind.Data ? place(_frame) : (nint)(_own + RingFrame.Size);
                _bodyLeft = _frame.Bytes;
            }
        }

        while (_bodyLeft > 0)
        {
            var got = Receive(new Span<byte>((void*)_body, _bodyLeft));
            if (got <= 0)
            {
                return false;
            }

            _body += got;
            _bodyLeft -= got;
        }

        _headReceived = 0;
        frame = _frame;
        return true;
    }

    /// <summary>The head of the frame that comes next, if it is here; it stays unread. Between operations no frame is half
    /// read.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public RingFrame? Peek()
    {
        var got = Socket.Receive(new Span<byte>(_own, RingFrame.Size), SocketFlags.Peek, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            throw new SocketException((int)error);
        }

        Closed |= got == 0 && error == SocketError.Success;
        return got == RingFrame.Size ? MemoryMarshal.Read<RingFrame>(new ReadOnlySpan<byte>(_own, RingFrame.Size)) : null;
    }

    /// <summary>Payload of the frame that is neither data nor followed yet by another, as text.</summary>
    public string Text(RingFrame frame) => Encoding.UTF8.GetString(_own + RingFrame.Size, frame.Bytes);

    public void Dispose() => NativeMemory.Free(_own);

    // Bytes received; 0 when the peer has closed, -1 when nothing is there yet.
    private int Receive(Span<byte> target)
    {
        var got = Socket.Receive(target, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return -1;
        }

        if (error != SocketError.Success)
        {
            throw new SocketException((int)error);
        }

        Closed |= got == 0;
        _moved += got;
        return got;
    }
}
