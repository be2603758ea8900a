using System.Net.Sockets;
using Ism.Collectives.Ring.Tls;

namespace Ism.Collectives.Ring;

/// <summary>The answer that the next rank gives to this rank's hello.</summary>
internal sealed class RingWelcome(Socket next, RingMembership me, JoinClock clock, TlsLink? link = null)
{
    private readonly byte[] _bytes = new byte[RingHandshake.Size];
    private int _got;
    private bool _welcome;

    /// <summary>Whether the answer is in, after waiting at most this long for more of it.</summary>
    /// <exception cref="CollectiveException">The next rank refuses this one, or is none.</exception>
    public bool Look(int microseconds)
    {
        if (_welcome || !next.Poll(microseconds, SelectMode.SelectRead))
        {
            return _welcome;
        }

        var read = next.Receive(_bytes.AsSpan(_got), SocketFlags.None, out var error);
        if (read == 0 && error != SocketError.WouldBlock)
        {
            throw clock.Failed(
                CollectiveFailure.PeerLost, me.Next,
                $"{me.Describe(me.Next)} closed the connection instead of answering ({error}); it may have given up joining{Why()}");
        }

        _got += read;
        return _got == _bytes.Length && (_welcome = Judge());
    }

    // Members of one ring have TLS all or none: the handshake fails both ways round.
    private string Why() => link is null ? "" : link.Failure is { } failure ? $" ({failure}; do all nodes have certificates of one authority?)"
        : ", or it has no certificates";

    private bool Judge() =>
        !RingHandshake.TryParse(_bytes, out var answer)
            ? throw clock.Failed(
                CollectiveFailure.Refused, me.Next,
                $"{me.Describe(me.Next)} answered with something else than a ring's handshake")
            : answer.Verdict == RingVerdict.Welcome ? true : throw clock.Failed(
                CollectiveFailure.Refused, me.Next,
                $"{me.Describe(me.Next)} refuses this member ({answer.Verdict}): it is rank {answer.Rank} of {answer.World} in "
                + $"generation {answer.Generation}");
}
