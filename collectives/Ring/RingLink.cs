using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring;

/// <summary>
/// Runs plans over the two connections of a rank: to the next rank and from the previous one. One thread sends and receives in
/// turn on non-blocking sockets, so both directions are busy at once and every wait can be left. The otherwise unused direction
/// of each connection carries abort frames, so the news of a failure goes round the ring both ways.
/// </summary>
internal sealed unsafe class RingLink : IDisposable
{
    /// <summary>Bytes of a segment: small enough to stay in a core's cache between arrival and reduction.</summary>
    public const int SegmentBytes = 256 << 10;

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
    private (uint Number, int Rank)? _waitedForByPrevious;
    private bool _tellNext;
    private bool _sendsData;
    private bool _asked;

    public RingLink(Socket next, Socket previous, RingMembership me, TimeSpan deadline)
    {
        (_out, _in, _back) = (new(next), new(previous), new(next));
        (_me, _deadline) = (me, deadline);
        _failures = new(me, () => Call);
        _place = Place;
        foreach (var socket in (Socket[])[next, previous])
        {
            socket.NoDelay = true;
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
        (Call, _plan, _sent, _received, _tellNext) = (call, plan, 0, 0, false);
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

            if (_tellNext || Stopwatch.GetElapsedTime(told) > deadline / 4)
            {
                told = Stopwatch.GetTimestamp();
                TellNextWhoIsWaitedFor();
            }

            Wait();
        }

        _plan = EmptyPlan.Instance;
    }

    /// <summary>Looks, between two operations, whether a neighbour has ended the group or is gone. Never waits.</summary>
    /// <returns>Whether a neighbour has begun an agreement (<see cref="RingOperation.Agreement"/>).</returns>
    /// <exception cref="CollectiveException">The group is over; <see cref="Tell"/> has not been called yet.</exception>
    public bool Watch()
    {
        if (!_back.Closed && _out.Socket.Poll(0, SelectMode.SelectRead))
        {
            ReadBack();
        }

        if (_back.Closed)
        {
            throw _failures.Lost(_me.Next, "it closed the connection");
        }

        try
        {
            if (_in.Peek() is not { } frame)
            {
                return _in.Closed ? throw _failures.Lost(_me.Previous, "it closed the connection") : _asked;
            }

            if (frame.Kind == FrameKind.Abort && _in.TryReceive(_place, out frame))
            {
                Take(frame);
            }

            return _asked || (frame.Kind == FrameKind.Data && frame.Call.Operation == RingOperation.Agreement);
        }
        catch (SocketException broken)
        {
            throw _failures.Lost(_me.Previous, broken.Message, broken);
        }
    }

    /// <summary>Asks the previous rank to join the agreement that this rank begins; the next one learns of it by its
    /// data.</summary>
    public void AskPrevious() =>
        _in.Socket.Send(RingFrame.Text(FrameKind.Join, Call, _me.Rank, ""), SocketFlags.None, out _);

    /// <summary>Tells both neighbours, as far as the connections take it now, that the group is over, and closes this
    /// side.</summary>
    public void Tell(int culprit, string reason)
    {
        var frame = RingFrame.Text(FrameKind.Abort, Call, culprit, reason);
        RingFarewell.Say(_in.Socket, frame);
        RingFarewell.Say(_out.Socket, _out.Busy ? [] : frame);
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
                return _in.Closed ? throw _failures.Lost(_me.Previous, "it closed the connection") : _in.TakeMoved() > 0;
            }

            Take(frame);
            return _in.TakeMoved() > 0 && frame.Kind == FrameKind.Data;
        }
        catch (SocketException broken)
        {
            throw _failures.Lost(_me.Previous, broken.Message, broken);
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
            _tellNext |= _waitedForByPrevious != (frame.Call.Number, frame.Subject);
            _waitedForByPrevious = (frame.Call.Number, frame.Subject);
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

    // The next rank speaks on this direction only to end things; closing it matters only while it still has to take data.
    private void ReadBack()
    {
        try
        {
            var whole = _back.TryReceive(static _ => throw new InvalidDataException("data on the way back"), out var frame);
            _asked |= whole && frame.Kind == FrameKind.Join;
            if (whole && frame.Kind == FrameKind.Abort)
            {
                throw _failures.Because(CollectiveFailure.Aborted, frame.Subject, _back.Text(frame));
            }
        }
        catch (Exception broken) when (broken is SocketException or InvalidDataException)
        {
            throw _failures.Lost(_me.Next, broken.Message, broken);
        }

        if (_back.Closed && (_sent < _plan.Sends || _out.Busy))
        {
            throw _failures.Lost(_me.Next, "it closed the connection");
        }
    }

    private void TellNextWhoIsWaitedFor()
    {
        _tellNext = false;
        if (StarvedOfInput && !_out.Busy && _sent < _plan.Sends)
        {
            _out.Begin(new(FrameKind.Waiting, Call, 0, 0, WaitedFor()), 0);
            _sendsData = false;
        }
    }

    // The previous rank, unless it says that it waits for another itself: then the first of that chain.
    private int WaitedFor() =>
        _waitedForByPrevious is { } known && known.Number == Call.Number && known.Rank != _me.Rank ? known.Rank : _me.Previous;

    private CollectiveException Late(TimeSpan deadline) => StarvedOfInput
        ? _failures.Late(deadline, WaitedFor(), $"it sent nothing (received {_received} of {_plan.Receives} segments)")
        : _failures.Late(deadline, _me.Next, $"it took nothing (sent {_sent} of {_plan.Sends} segments)");
}
