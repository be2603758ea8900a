using System.Diagnostics;

namespace Ism.Collectives.Ring;

/// <summary>The deadline of joining a ring, and the words for missing it.</summary>
internal sealed class JoinClock(RingMembership me, TimeSpan deadline, CancellationToken cancel)
{
    /// <summary>Longest wait between two looks at the clock.</summary>
    public const int SliceMicroseconds = 20_000;

    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Throws once the deadline is over or the attempt is cancelled.</summary>
    public void Check(int peer, string what)
    {
        cancel.ThrowIfCancellationRequested();
        if (Stopwatch.GetElapsedTime(_start) > deadline)
        {
            throw Failed(
                CollectiveFailure.Deadline, peer, $"waited {deadline.TotalSeconds:0.###} s for {me.Describe(peer)}: {what}");
        }
    }

    /// <summary>A short wait before another attempt.</summary>
    public void Pause() => cancel.WaitHandle.WaitOne(TimeSpan.FromMicroseconds(SliceMicroseconds));

    public CollectiveException Failed(CollectiveFailure failure, int peer, string cause, Exception? inner = null) =>
        new(failure, me.Generation, me.Rank, peer, $"of {me.World}, joining the ring", cause, inner);
}
