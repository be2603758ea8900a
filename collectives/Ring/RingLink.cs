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
    private readonly byte* _segment = (byte*)NativeMemory.AlignedAlloc(SegmentBytes, 64);
    private readonly Func<RingFrame, nint> _place;
    private readonly List<Socket> _reads = new(2);
    private readonly List<Socket> _writes = new(1);
    private RingPlan _plan = NoPlan.Instance;
    private int _sent;
    private int _received;
    private (uint Number, int Rank)? _waitedForByPrevious;
    private bool _tellNext;
    private bool _sendsData;

    public RingLink(Socket next, Socket previous, RingMembership me, TimeSpan deadline)
    {
        (_out, _in, _back) = (new(next), new(previous), new(next));
        (_me, _deadline) = (me, deadline);
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
    /// <exception cref="CollectiveException">It failed; <see cref="Tell"/> has not been called yet.</exception>
    public void Run(RingCall call, RingPlan plan, Func<string?> abortReason)
    {
        (Call, _plan, _sent, _received, _tellNext) = (call, plan, 0, 0, false);
        var progress = Stopwatch.GetTimestamp();
        var told = progress;
        while (_sent < plan.Sends || _out.Busy || StarvedOfInput)
        {
            if (abortReason() is { } reason)
            {
                throw Failed(CollectiveFailure.Aborted, _me.Rank, $"rank {_me.Rank} aborted the group: {reason}");
            }

            if (PumpOut() | PumpIn())
            {
                progress = told = Stopwatch.GetTimestamp();
                continue;
            }

            if (Stopwatch.GetElapsedTime(progress) > _deadline)
            {
                throw Late();
            }

            if (_tellNext || Stopwatch.GetElapsedTime(told) > _deadline / 4)
            {
                told = Stopwatch.GetTimestamp();
                TellNextWhoIsWaitedFor();
            }

            Wait();
        }

        _plan = NoPlan.Instance;
    }

    /// <summary>Tells both neighbours, as far as the connections take it now, that the group is over, and closes this
    /// side.</summary>
    public void Tell(int culprit, string reason)
    {
        var frame = RingFrame.Text(FrameKind.Abort, Call, culprit, reason);
        TrySend(_in.Socket, frame);
        TrySend(_out.Socket, _out.Busy ? [] : frame);
    }

    public void Close()
    {
        foreach (var socket in (Socket[])[_out.Socket, _in.Socket])
        {
            TrySend(socket, []);
            socket.Dispose();
        }
    }

    public void Dispose()
    {
        Close();
        _out.Dispose();
        _in.Dispose();
        _back.Dispose();
        NativeMemory.AlignedFree(_segment);
    }

    private static void TrySend(Socket socket, byte[] frame)
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
            throw Lost(_me.Next, broken.Message, broken);
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
                return _in.Closed ? throw Lost(_me.Previous, "it closed the connection") : _in.TakeMoved() > 0;
            }

            Take(frame);
            return _in.TakeMoved() > 0 && frame.Kind == FrameKind.Data;
        }
        catch (SocketException broken)
        {
            throw Lost(_me.Previous, broken.Message, broken);
        }
        catch (InvalidDataException garbage)
        {
            throw Failed(CollectiveFailure.Mismatch, _me.Previous, $"{_me.Describe(_me.Previous)}: {garbage.Message}", garbage);
        }
    }

    private void Take(RingFrame frame)
    {
        if (frame.Kind == FrameKind.Abort)
        {
            throw Failed(CollectiveFailure.Aborted, frame.Subject, _in.Text(frame));
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
            throw Failed(
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

    // The next rank speaks on this direction only to abort; closing it matters only while it still has to take data.
    private void ReadBack()
    {
        try
        {
            if (_back.TryReceive(static _ => throw new InvalidDataException("data on the way back"), out var frame)
                && frame.Kind == FrameKind.Abort)
            {
                throw Failed(CollectiveFailure.Aborted, frame.Subject, _back.Text(frame));
            }
        }
        catch (Exception broken) when (broken is SocketException or InvalidDataException)
        {
            throw Lost(_me.Next, broken.Message, broken);
        }

        if (_back.Closed && (_sent < _plan.Sends || _out.Busy))
        {
            throw Lost(_me.Next, "it closed the connection");
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

    private CollectiveException Late()
    {
        var peer = StarvedOfInput ? WaitedFor() : _me.Next;
        var what = StarvedOfInput ? $"it sent nothing (received {_received} of {_plan.Receives} segments)"
            : $"it took nothing (sent {_sent} of {_plan.Sends} segments)";
        return Failed(
            CollectiveFailure.Deadline, peer,
            $"rank {_me.Rank} waited {_deadline.TotalSeconds:0.###} s for {_me.Describe(peer)}: {what}. It is stalled, "
            + "unreachable or slower than cluster.collective_seconds allows");
    }

    private CollectiveException Lost(int peer, string how, Exception? inner = null) =>
        Failed(CollectiveFailure.PeerLost, peer, $"rank {_me.Rank} lost {_me.Describe(peer)}: {how}", inner);

    private CollectiveException Failed(CollectiveFailure failure, int peer, string cause, Exception? inner = null) =>
        new(failure, _me.Generation, _me.Rank, peer, $"of {_me.World}, {Call}", cause, inner);

    private sealed class NoPlan : RingPlan
    {
        public static readonly NoPlan Instance = new();

        public override int Sends => 0;

        public override int Receives => 0;

        public override RingSegment Send(int index) => default;

        public override RingSegment Receive(int index) => default;

        public override int ReceivesBeforeSend(int index) => 0;
    }
}
