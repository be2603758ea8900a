using System.Diagnostics;

namespace Ism.Collectives.Nccl;

/// <summary>
/// Waits for something of NCCL that never waits itself, and looks meanwhile whether the group is over. NCCL knows neither our
/// deadline nor who is late: half of the deadline goes to NCCL, and the other half is left to find out over the control group
/// whose fault it is.
/// </summary>
internal sealed class NcclPatience(IControlGroup control, TimeSpan deadline, Func<string?> abortReason)
{
    // Between two looks at the control group.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(5);

    // A member that has just finished may close its connections before this rank has seen its own operation end.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>Time that NCCL is given, and the agreement after it.</summary>
    public TimeSpan Half => deadline / 2;

    /// <summary>Waits. Returns null when it is done; else why it was given up, without anybody's fault known yet.</summary>
    /// <param name="done">Asked again and again.</param>
    /// <exception cref="CollectiveException">A member has ended the group or is gone.</exception>
    /// <exception cref="GpuException"><paramref name="done"/> has found a failure on this rank.</exception>
    /// <exception cref="NcclAbortedException">This member was told to end the group.</exception>
    public string? Until(Func<bool> done)
    {
        var started = Stopwatch.GetTimestamp();
        var looked = started;
        (CollectiveException News, long At)? lost = null;
        var spin = new SpinWait();
        while (!done())
        {
            if (abortReason() is { } reason)
            {
                throw new NcclAbortedException(reason);
            }

            var now = Stopwatch.GetTimestamp();
            if (lost is { } gone && Stopwatch.GetElapsedTime(gone.At, now) > Grace)
            {
                throw gone.News;
            }

            if (lost is null && Stopwatch.GetElapsedTime(looked, now) > Slice)
            {
                looked = now;
                try
                {
                    if (control.Watch())
                    {
                        return "another member has given up";
                    }
                }
                catch (CollectiveException news) when (news.Failure == CollectiveFailure.PeerLost)
                {
                    lost = (news, now);
                }
            }

            if (Stopwatch.GetElapsedTime(started, now) > Half)
            {
                return $"not done after {Half.TotalSeconds:0.###} s";
            }

            Pause(ref spin, Stopwatch.GetElapsedTime(started, now));
        }

        return null;
    }

    // An all-reduce takes milliseconds; a peer that is late may take seconds.
    private static void Pause(ref SpinWait spin, TimeSpan waited)
    {
        if (waited < TimeSpan.FromMilliseconds(20))
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
        else
        {
            Thread.Sleep(1);
        }
    }
}

/// <summary>This member was told to end the group while it waited.</summary>
internal sealed class NcclAbortedException(string reason) : Exception(reason);
