using System.Threading.Channels;
using Akka.Actor;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>What an actor was told, to be waited for from a test; in any actor system.</summary>
internal sealed class Mailbox
{
    /// <summary>How long anything is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Channel<object> _messages = Channel.CreateUnbounded<object>();

    /// <summary>An actor that keeps whatever it is told.</summary>
    public Props Props => Akka.Actor.Props.Create(() => new Keeper(this, null));

    /// <summary>The lease holder of a featurizer that has nothing at hand, and keeps whatever else it is told.</summary>
    public Props HolderProps => Akka.Actor.Props.Create(() => new Holder(this));

    /// <summary>A parent that makes a child called <c>child</c>, watches it, and keeps whatever it is told.</summary>
    public Props ParentOf(Props child) => Akka.Actor.Props.Create(() => new Keeper(this, child));

    /// <summary>Keeps a message.</summary>
    public void Put(object message) => _messages.Writer.TryWrite(message);

    /// <summary>The next message that is one of those wanted; others before it are dropped.</summary>
    /// <exception cref="TimeoutException">It did not come; says what came instead.</exception>
    public async Task<T> NextAsync<T>(Func<T, bool>? wanted = null)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var others = new List<object>();
        try
        {
            while (true)
            {
                var message = await _messages.Reader.ReadAsync(deadline.Token);
                if (message is T typed && wanted?.Invoke(typed) != false)
                {
                    return typed;
                }

                others.Add(message);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"no {typeof(T).Name} as wanted within {Patience.TotalSeconds} s; came: {string.Join("; ", others.TakeLast(20))}");
        }
    }

    /// <summary>What has come and was not asked for yet.</summary>
    public IReadOnlyList<object> Rest()
    {
        var rest = new List<object>();
        while (_messages.Reader.TryRead(out var message))
        {
            rest.Add(message);
        }

        return rest;
    }

    private sealed class Holder : ReceiveActor
    {
        public Holder(Mailbox mailbox)
        {
            Receive<HeldChunksRequest>(m => Sender.Tell(new HeldChunks(m.WorkId, m.Node, [])));
            ReceiveAny(mailbox.Put);
        }
    }

    private sealed class Keeper : ReceiveActor
    {
        public Keeper(Mailbox mailbox, Props? child)
        {
            if (child is not null)
            {
                Context.Watch(Context.ActorOf(child, "child"));
            }

            ReceiveAny(mailbox.Put);
        }
    }
}
