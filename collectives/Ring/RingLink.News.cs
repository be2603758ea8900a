using System.Net.Sockets;

namespace Ism.Collectives.Ring;

/// <summary>How the ranks tell each other that a group is over, or for whom they wait.</summary>
internal sealed unsafe partial class RingLink
{
    private const int GraceMicroseconds = 200_000;

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

    // A rank that ends the group in the middle of a frame cannot say why on this connection; the next rank may know from it.
    private CollectiveException PreviousLost(string how, Exception? inner = null)
    {
        if (!_back.Closed && _out.Socket.Poll(GraceMicroseconds, SelectMode.SelectRead))
        {
            try
            {
                ReadBack();
            }
            catch (CollectiveException news) when (news.Failure == CollectiveFailure.Aborted)
            {
                return news;
            }
            catch (CollectiveException)
            {
                // Both neighbours are gone; the previous one went first.
            }
        }

        return _failures.Lost(_me.Previous, how, inner);
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
        _waiting.HasNews = false;
        if (StarvedOfInput && !_out.Busy && _sent < _plan.Sends)
        {
            _out.Begin(new(FrameKind.Waiting, Call, 0, 0, _waiting.First(Call)), 0);
            _sendsData = false;
        }
    }

    private CollectiveException Late(TimeSpan deadline) => StarvedOfInput
        ? _failures.Late(deadline, _waiting.First(Call), $"it sent nothing (received {_received} of {_plan.Receives} segments)")
        : _failures.Late(deadline, _me.Next, $"it took nothing (sent {_sent} of {_plan.Sends} segments)");
}
