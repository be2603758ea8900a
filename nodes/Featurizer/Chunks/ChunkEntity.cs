using Akka.Actor;
using Akka.Event;
using Ism.Featurizer.Serving;
using Ism.Protocol.Samples;

namespace Ism.Featurizer.Chunks;

/// <summary>One chunk of one catalogue: serves its samples to trainers. Holds nothing that could be lost; any featurizer can serve any chunk.
/// </summary>
public sealed class ChunkEntity : ReceiveActor
{
    /// <summary>The entity of a chunk on this node.</summary>
    public ChunkEntity(FeaturizerContext context)
    {
        var streams = new SampleStreams(context, Self, Context.GetLogger());
        Receive<FetchSamples>(m => streams.Fetch(m, Sender));
        Receive<SampleStreams.Ready>(streams.Begin);
        Receive<GrantCredits>(m => streams.Grant(m, Sender));
    }

    /// <summary>Props of an entity.</summary>
    public static Props Props(FeaturizerContext context) => Akka.Actor.Props.Create(() => new ChunkEntity(context));
}
