namespace Ism.Collectives.Ring;

/// <summary>Who keeps the ring waiting, as far as the ranks before this one have said: a rank that starves passes on the name of the
/// first in the chain, so that the one that stalls is named everywhere and not only by its neighbour.</summary>
internal sealed class WaitingChain(RingMembership me)
{
    private (uint Number, int Rank)? _saidByPrevious;

    /// <summary>Whether the next rank should be told.</summary>
    public bool HasNews { get; set; }

    /// <summary>The previous rank says for whom it waits.</summary>
    public void Hear(RingFrame frame)
    {
        HasNews |= _saidByPrevious != (frame.Call.Number, frame.Subject);
        _saidByPrevious = (frame.Call.Number, frame.Subject);
    }

    /// <summary>The previous rank, unless it waits for another itself: then the first of that chain.</summary>
    public int First(RingCall call) =>
        _saidByPrevious is { } said && said.Number == call.Number && said.Rank != me.Rank ? said.Rank : me.Previous;
}
