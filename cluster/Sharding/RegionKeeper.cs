using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Event;
using Ism.Cluster.Hosting;

namespace Ism.Cluster.Sharding;

/// <summary>
/// Stands before a shard region, passes everything on, and makes the region anew when it has lost its way.
/// <para>A region finds the shards' coordinator on the oldest member of its role. Akka keeps members in a set sorted by age, in which it
/// cannot find a member again whose age has changed: one that leaves, or is declared dead, while some already know it as up and others do
/// not. The former member then stays the oldest in that region's eyes for ever, and nothing sent to shards arrives any more
/// (<see cref="Membership.PoliteLeave"/> prevents the usual cause). So the keeper asks its region from time to time which others it knows;
/// a region that has known none for <c>patience</c>, though members of the role are up and reachable, is replaced. What it had kept is lost
/// with it, which leases and requests for samples bear: they are repeated.</para>
/// </summary>
internal sealed class RegionKeeper : ReceiveActor, IWithTimers, IWithUnboundedStash
{
    private const int AsksWithinPatience = 6;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Func<IActorRef> _start;
    private readonly TimeSpan _patience;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TimeProvider _clock = TimeProvider.System;
    private IActorRef _region = ActorRefs.Nobody;
    private TimeSpan _heard;

    /// <summary>Keeps the region that <paramref name="start"/> gives: the living one, or a new one when there is none.</summary>
    public RegionKeeper(Func<IActorRef> start, TimeSpan patience)
    {
        (_start, _patience) = (start, patience);
        Passing();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    private TimeSpan Now => _clock.GetElapsedTime(0);

    // A node that is leaving needs no new region.
    private bool IsMember => _cluster.SelfMember.Status is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up;

    private bool HasHosts => _cluster.State.Members.Any(
        m => m.Status == MemberStatus.Up && m.HasRole(NodeRoles.Featurizer) && !_cluster.State.Unreachable.Contains(m));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Take(_start());
        Timers.StartPeriodicTimer("ask", Ask.Instance, _patience / AsksWithinPatience);
    }

    private void Passing()
    {
        Receive<Ask>(_ => OnAsk());
        Receive<CurrentRegions>(OnRegions);
        Receive<Terminated>(_ => Replace());
        ReceiveAny(message => _region.Forward(message));
    }

    private void Replacing()
    {
        Receive<Ask>(_ => { });
        Receive<CurrentRegions>(_ => { });
        Receive<Terminated>(_ => Timers.StartSingleTimer("start", Start.Instance, Pause));
        Receive<Start>(_ => OnStart());
        ReceiveAny(_ => Stash.Stash());
    }

    private void OnRegions(CurrentRegions known)
    {
        if (known.Regions.Count > 0)
        {
            _heard = Now;
        }
    }

    private void OnAsk()
    {
        if (!HasHosts || !IsMember)
        {
            _heard = Now;
        }
        else if (Now - _heard > _patience)
        {
            _log.Warning(
                "the shard region {0} has known no other region for {1:F0} s, though there are featurizers: it is made anew",
                _region.Path.Name, (Now - _heard).TotalSeconds);
            Become(Replacing);
            _region.Tell(PoisonPill.Instance);
            return;
        }

        _region.Tell(GetCurrentRegions.Instance);
    }

    private void Replace()
    {
        Become(Replacing);
        Timers.StartSingleTimer("start", Start.Instance, Pause);
    }

    // Sharding itself may not have noticed yet that the former region has ended, and gives that one.
    private void OnStart()
    {
        if (!IsMember)
        {
            Context.Stop(Self);
            return;
        }

        var region = _start();
        if (region.Equals(_region))
        {
            Timers.StartSingleTimer("start", Start.Instance, Pause);
            return;
        }

        Become(Passing);
        Take(region);
        Stash.UnstashAll();
    }

    private void Take(IActorRef region)
    {
        _region = Context.Watch(region);
        _heard = Now;
    }

    private sealed class Ask
    {
        public static readonly Ask Instance = new();
    }

    private sealed class Start
    {
        public static readonly Start Instance = new();
    }
}
