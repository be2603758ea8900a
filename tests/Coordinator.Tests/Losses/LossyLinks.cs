using System.Collections.Concurrent;
using Akka.Actor;

namespace Ism.Tests.Losses;

/// <summary>What happens to messages.</summary>
/// <param name="Seed">Seed of all draws.</param>
/// <param name="Drop">Share of messages that never arrive.</param>
/// <param name="Late">Share that arrives up to <see cref="MostLate"/> later, so after messages sent since.</param>
/// <param name="Twice">Share that arrives twice.</param>
internal sealed record LossRates(int Seed, double Drop = 0.3, double Late = 0.1, double Twice = 0.1)
{
    /// <summary>The longest delay.</summary>
    public TimeSpan MostLate { get; init; } = TimeSpan.FromSeconds(0.4);
}

/// <summary>One-way links between actors, each of which loses, delays and doubles what goes over it. The answer to a message that came
/// over a link goes back over another one.</summary>
internal sealed class LossyLinks(ActorSystem system, LossRates rates)
{
    private readonly ConcurrentDictionary<IActorRef, Lazy<IActorRef>> _links = new();
    private int _made;
    private long _sent;
    private long _dropped;

    /// <summary>For people.</summary>
    public override string ToString() => $"{_dropped} of {_sent} messages lost ({rates})";

    /// <summary>The link to an actor.</summary>
    public IActorRef To(IActorRef actor) => _links.GetOrAdd(actor, to => new Lazy<IActorRef>(
        () => system.ActorOf(Props.Create(() => new Link(this, to, rates.Seed + Interlocked.Increment(ref _made)))))).Value;

    private sealed class Link : ReceiveActor
    {
        public Link(LossyLinks links, IActorRef to, int seed)
        {
            var random = new Random(seed);
            var losses = links.Rates;
            ReceiveAny(message =>
            {
                var back = links.To(Sender);
                Interlocked.Increment(ref links._sent);
                switch (random.NextDouble())
                {
                    case var draw when draw < losses.Drop:
                        Interlocked.Increment(ref links._dropped);
                        break;
                    case var draw when draw < losses.Drop + losses.Late:
                        Context.System.Scheduler.ScheduleTellOnce(losses.MostLate * random.NextDouble(), to, message, back);
                        break;
                    case var draw when draw < losses.Drop + losses.Late + losses.Twice:
                        to.Tell(message, back);
                        to.Tell(message, back);
                        break;
                    default:
                        to.Tell(message, back);
                        break;
                }
            });
        }
    }

    private LossRates Rates => rates;
}
