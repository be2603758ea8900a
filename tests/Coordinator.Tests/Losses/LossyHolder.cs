using Akka.Actor;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Tests.Losses;

namespace Ism.Coordinator.Tests.Losses;

/// <summary>Stands for the featurizers' lease holders: a real one at a time, reached over lossy links. Again and again it is ended in the middle
/// of its work, and another is made on a drawn featurizer of this process when something is next told.</summary>
internal sealed class LossyHolder : ReceiveActor, IWithTimers
{
    private readonly TimeSpan _ends;
    private IActorRef? _holder;

    /// <summary>A holder.</summary>
    /// <param name="featurizers">The nodes.</param>
    /// <param name="links">The links.</param>
    /// <param name="seed">Seed of where it is made again.</param>
    /// <param name="ends">Time between two ends.</param>
    public LossyHolder(IReadOnlyList<FeaturizerContext> featurizers, LossyLinks links, int seed, TimeSpan ends)
    {
        var random = new Random(seed);
        _ends = ends;
        Receive<End>(_ =>
        {
            Context.Stop(_holder ?? ActorRefs.Nobody);
            _holder = null;
        });
        ReceiveAny(m => links.To(_holder ??= Context.ActorOf(LeaseHolder.Props(featurizers[random.Next(featurizers.Count)]))).Forward(m));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("end", new End(), _ends);

    private sealed record End;
}
