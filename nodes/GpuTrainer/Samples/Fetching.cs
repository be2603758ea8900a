using Akka.Actor;

namespace Ism.GpuTrainer.Samples;

/// <summary>A running fetcher. It belongs to the training thread, which starts and stops it, and is no child of an actor.</summary>
internal sealed class Fetching : IDisposable
{
    private readonly ActorSystem _system;
    private readonly IActorRef _fetcher;

    /// <summary>Starts the fetcher.</summary>
    public Fetching(ActorSystem system, Props fetcher) => (_system, _fetcher) = (system, system.ActorOf(fetcher));

    /// <summary>Stops it.</summary>
    public void Dispose() => _system.Stop(_fetcher);
}
