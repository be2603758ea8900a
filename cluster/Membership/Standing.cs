using System.Diagnostics;
using Akka.Actor;

namespace Ism.Cluster.Membership;

/// <summary>
/// Whether this node may take something over at this moment: it holds the authority lease, nobody does, or the holder has just answered it
/// as a member. A process that was frozen, and whose work somebody else does by now, sees that it may not until it knows better.
/// Any thread.
/// </summary>
public sealed class Standing : IExtension
{
    private static readonly TimeSpan IsFresh = TimeSpan.FromSeconds(3);
    private long _at;
    private volatile Verdict _verdict = Verdict.Unwatched;

    private enum Verdict
    {
        Unwatched,
        May,
        MayNot,
    }

    /// <summary>Whether it may. Always true where nothing watches over membership.</summary>
    public bool MayTakeOver => _verdict switch
    {
        Verdict.Unwatched => true,
        Verdict.May => Stopwatch.GetElapsedTime(Interlocked.Read(ref _at)) < IsFresh,
        _ => false,
    };

    /// <summary>The standing of a node.</summary>
    public static Standing Of(ActorSystem system) => system.WithExtension<Standing, Provider>();

    /// <summary>Notes what the node knows now.</summary>
    internal void Note(MembershipSight sight, MembershipTimes times)
    {
        var may = sight.HoldsLease || !sight.LeaseLives || (sight.HolderSilent < times.AnswerIsFresh && sight.Unknown == TimeSpan.Zero);
        Interlocked.Exchange(ref _at, Stopwatch.GetTimestamp());
        _verdict = may ? Verdict.May : Verdict.MayNot;
    }

    private sealed class Provider : ExtensionIdProvider<Standing>
    {
        public override Standing CreateExtension(ExtendedActorSystem system) => new();
    }
}
