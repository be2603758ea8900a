using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring;

/// <summary>
/// Runs plans over the two connections of a rank: to the next rank and from the previous one. One thread sends and receives in
/// turn on non-blocking sockets, so both directions are busy at once and every wait can be left. The otherwise unused direction
/// of each connection carries abort frames, so the news of a failure goes round the ring both ways.
/// </summary>
internal sealed unsafe partial class RingLink : IDisposable
{
    /// <summary>Bytes of a segment: small enough to stay in a core's cache between arrival and reduction.</summary>
    public const int SegmentBytes = 512 << 10;

    // A rank notices Abort from another thread within this time.
    private const int SliceMilliseconds = 50;

    private readonly RingSender _out;
    private readonly RingReceiver _in;
    private readonly RingReceiver _back;
    private readonly RingMembership _me;
    private readonly TimeSpan _deadline;
    private readonly RingFailures _failures;
    private readonly byte* _segment = (byte*)NativeMemory.AlignedAlloc(SegmentBytes, 64);
    private readonly Func<RingFrame, nint> _place;
    private readonly List<Socket> _reads = new(2);
    private readonly List<Socket> _writes = new(1);
    private RingPlan _plan = EmptyPlan.Instance;
    private int _sent;
    private int _received;
    private readonly WaitingChain _waiting;
    private bool _sendsData;
    private bool _asked;

    public RingLink(Socket next, Socket previous, RingMembership me, TimeSpan deadline)
    {
        (_out, _in, _back) = (new(next), new(previous), new(next));
        (_me, _deadline) = (me, deadline);
        _waiting = new(me);
        _failures = new(me, () => Call);
        _place = Place;
        foreach (var socket in (Socket[])[next, previous])
        {
            // The near end of a TLS link is no TCP socket.
            if (socket.ProtocolType == ProtocolType.Tcp)
            {
                socket.NoDelay = true;
            }

            socket.Blocking = false;
        }
    }

    /// <summary>The operation running or last run.</summary>
    public RingCall Call { get; private set; }

    private bool StarvedOfInput => _received < _plan.Receives;

    private bool CanSend => _out.Busy || (_sent < _plan.Sends && _received >= _plan.ReceivesBeforeSend(_sent));

    /// <summary>Runs one operation to its end.</summary>
    /// <param name="call">What it is; must be the same on all ranks.</param>
    /// <param name="plan">What this rank sends and receives.</param>
    /// <param name="abortReason">Asked again and again; not null ends the operation.</param>
    /// <param name="within">Instead of the ring's own deadline.</param>
    /// <exception cref="CollectiveException">It failed; <see cref="Tell"/> has not been called yet.</exception>
    public void Run(RingCall call, RingPlan plan, Func<string?> abortReason, TimeSpan? within = null)
    {
        var deadline = within ?? _deadline;
        (Call, _plan, _sent, _received, _waiting.HasNews) = (call, plan, 0, 0, false);
        var progress = Stopwatch.GetTimestamp();
        var told = progress;
        while (_sent < plan.Sends || _out.Busy || StarvedOfInput)
        {
            if (abortReason() is { } reason)
            {
                throw _failures.Because(CollectiveFailure.Aborted, _me.Rank, $"rank {_me.Rank} aborted the group: {reason}");
            }

            if (PumpOut() | PumpIn())
            {
                progress = told = Stopwatch.GetTimestamp();
                continue;
            }

            if (Stopwatch.GetElapsedTime(progress) > deadline)
            {
                throw Late(deadline);
            }

            if (_waiting.HasNews || Stopwatch.GetElapsedTime(told) > deadline / 4)
            {
                told = Stopwatch.GetTimestamp();
                TellNextWhoIsWaitedFor();
            }

            Wait();
        }

        _plan = EmptyPlan.Instance;
    }

    public void Dispose()
    {
        foreach (var socket in (Socket[])[_out.Socket, _in.Socket])
        {
            RingFarewell.Say(socket, []);
            socket.Dispose();
        }

        _out.Dispose();
        _in.Dispose();
        _back.Dispose();
        NativeMemory.AlignedFree(_segment);
    }

    private bool PumpOut()
    {
        if (!CanSend)
        {
            return false;
        }

        if (!_out.Busy)
        {
            var segment = _plan.Send(_sent);
            _out.Begin(new(FrameKind.Data, Call, _sent, segment.Bytes, _me.Rank), segment.Address);
            _sent++;
            _sendsData = true;
        }

        try
        {
            return _out.Pump() && _sendsData;
        }
        catch (SocketException broken)
        {
            ReadBack();
            throw _failures.Lost(_me.Next, broken.Message, broken);
        }
    }

    private bool PumpIn()
    {
        if (!StarvedOfInput)
        {
            return false;
        }

        try
        {
            if (!_in.TryReceive(_place, out var frame))
            {
                return _in.Closed ? throw PreviousLost("it closed the connection") : _in.TakeMoved() > 0;
            }

            Take(frame);
            return _in.TakeMoved() > 0 && frame.Kind == FrameKind.Data;
        }
        catch (SocketException broken)
        {
            throw PreviousLost(broken.Message, broken);
        }
        catch (InvalidDataException garbage)
        {
            throw _failures.Because(
                CollectiveFailure.Mismatch, _me.Previous, $"{_me.Describe(_me.Previous)}: {garbage.Message}", garbage);
        }
    }

    private void Take(RingFrame frame)
    {
        if (frame.Kind == FrameKind.Abort)
        {
            throw _failures.Because(CollectiveFailure.Aborted, frame.Subject, _in.Text(frame));
        }

        if (frame.Kind == FrameKind.Waiting)
        {
            _waiting.Hear(frame);
            return;
        }

        var segment = _plan.Receive(_received);
        if (segment is { Reduce: true, Bytes: > 0 })
        {
            Reduction.Apply(
                new(_segment, segment.Bytes), new((void*)segment.Address, segment.Bytes), Call.Type, Call.Reduce);
        }

        _received++;
    }

    private nint Place(RingFrame frame)
    {
        if (frame.Call != Call)
        {
            throw _failures.Because(
                CollectiveFailure.Mismatch, _me.Previous,
                $"{_me.Describe(_me.Previous)} is in {frame.Call}; all ranks must call the same operations in the same order");
        }

        var segment = _plan.Receive(_received);
        return frame.Index == _received && frame.Bytes == segment.Bytes
            ? segment.Reduce ? (nint)_segment : segment.Address
            : throw new InvalidDataException(
                $"segment {frame.Index} of {frame.Bytes} bytes where segment {_received} of {segment.Bytes} bytes belongs");
    }

    private void Wait()
    {
        _reads.Clear();
        _writes.Clear();
        if (StarvedOfInput)
        {
            _reads.Add(_in.Socket);
        }

        if (!_back.Closed)
        {
            _reads.Add(_out.Socket);
        }

        if (CanSend)
        {
            _writes.Add(_out.Socket);
        }

        Socket.Select(_reads, _writes, null, SliceMilliseconds * 1000);
        if (_reads.Contains(_out.Socket))
        {
            ReadBack();
        }
    }
}
