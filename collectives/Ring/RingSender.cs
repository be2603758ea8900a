using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring;

/// <summary>The way to the next rank: sends frames without blocking and remembers how far it got. Owned by the ring's
/// thread.</summary>
internal sealed unsafe class RingSender(Socket next) : IDisposable
{
    // Payloads up to this size travel in one write with their header.
    private const int Joined = 16 << 10;

    private readonly byte* _head = (byte*)NativeMemory.Alloc(RingFrame.Size + Joined);
    private int _headSent;
    private int _headBytes;
    private nint _body;
    private int _bodyLeft;

    /// <summary>The connection; its other direction carries the next rank's abort frames.</summary>
    public Socket Socket { get; } = next;

    /// <summary>Whether a frame is begun and not all sent.</summary>
    public bool Busy => _headSent < _headBytes || _bodyLeft > 0;

    /// <summary>Takes the next frame; <see cref="Pump"/> sends it.</summary>
    public void Begin(RingFrame frame, nint payload)
    {
        MemoryMarshal.Write(new Span<byte>(_head, RingFrame.Size), in frame);
        _headSent = 0;
        _headBytes = RingFrame.Size;
        _body = payload;
        _bodyLeft = frame.Bytes;
        if (frame.Bytes <= Joined)
        {
            new ReadOnlySpan<byte>((void*)payload, frame.Bytes).CopyTo(new(_head + RingFrame.Size, Joined));
            _headBytes += frame.Bytes;
            _bodyLeft = 0;
        }
    }

    /// <summary>Sends what the connection takes now; false when it took nothing.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public bool Pump()
    {
        var moved = false;
        while (Busy)
        {
            var inHead = _headSent < _headBytes;
            var part = inHead
                ? new ReadOnlySpan<byte>(_head + _headSent, _headBytes - _headSent)
                : new ReadOnlySpan<byte>((void*)_body, _bodyLeft);
            var sent = Socket.Send(part, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return moved;
            }

            if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }

            moved |= sent > 0;
            if (inHead)
            {
                _headSent += sent;
            }
            else
            {
                _body += sent;
                _bodyLeft -= sent;
            }
        }

        return moved;
    }

    public void Dispose() => NativeMemory.Free(_head);
}
