using Akka.Actor;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Protocol.Chunks;

namespace Ism.Tests.Losses;

/// <summary>
/// Stands for the shard region: chunk entities on several featurizers of one process, reached over lossy links. Again and again one
/// drawn of all is ended, if it lives, and when it is next told something made anew on any of the featurizers, as at a hand-off.
/// </summary>
internal sealed class LossyRegion : ReceiveActor, IWithTimers
{
    private readonly Dictionary<ChunkKey, IActorRef> _entities = [];
    private readonly List<ChunkKey> _known = [];
    private readonly TimeSpan _ends;

    /// <summary>A region.</summary>
    /// <param name="featurizers">The nodes.</param>
    /// <param name="links">The links.</param>
    /// <param name="seed">Seed of what is ended and where it is made again.</param>
    /// <param name="ends">Time between two ends of entities.</param>
    public LossyRegion(IReadOnlyList<FeaturizerContext> featurizers, LossyLinks links, int seed, TimeSpan ends)
    {
        var random = new Random(seed);
        Receive<IChunkMessage>(m =>
        {
            if (!_entities.TryGetValue(m.Key, out var entity))
            {
                if (!_known.Contains(m.Key))
                {
                    _known.Add(m.Key);
                }

                _entities[m.Key] = entity = Context.ActorOf(ChunkEntity.Props(featurizers[random.Next(featurizers.Count)]));
            }

            links.To(entity).Forward(m);
        });
        Receive<End>(_ =>
        {
            if (_entities.Count > 0 && _entities.Remove(_known[random.Next(_known.Count)], out var ended))
            {
                Context.Stop(ended);
            }
        });
        _ends = ends;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("end", new End(), _ends);

    private sealed record End;
}
