using Akka.Actor;
using Akka.Event;
using Ism.Cluster.Palette;
using Ism.Coordinator.Api;

namespace Ism.Coordinator.Palette;

/// <summary>
/// The operator's console of a coordinator: takes a <see cref="PaletteCommand"/> and streams <see cref="PaletteLine"/>s to whoever sent
/// it. Commands run beside each other: a checkpoint that takes minutes holds up no status.
/// </summary>
public sealed class PaletteActor : ReceiveActor
{
    /// <summary>Name of the actor below /user.</summary>
    public const string ActorName = "palette";

    private readonly PaletteAnswers _answers;
    private readonly CancellationTokenSource _over = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>A console over some jobs.</summary>
    public PaletteActor(ApiJobs jobs)
    {
        _answers = new PaletteAnswers(jobs, TimeProvider.System);
        Receive<PaletteCommand>(m =>
        {
            _log.Info("{0} {1} from {2}", m.Verb, string.Join(' ', m.Switches.Select(s => $"{s.Key} {s.Value}")), m.By);
            _ = AnswerAsync(m, Sender, Self, _over.Token);
        });
    }

    /// <summary>Props of a console.</summary>
    public static Props Props(ApiJobs jobs) => Akka.Actor.Props.Create(() => new PaletteActor(jobs));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _over.Cancel();
        base.PostStop();
    }

    // Off the actor's thread: touches nothing of the actor that changes.
    private async Task AnswerAsync(PaletteCommand command, IActorRef asks, IActorRef self, CancellationToken cancel)
    {
        try
        {
            string? before = null;
            await foreach (var line in _answers.AnswerAsync(command, cancel))
            {
                if (before is not null)
                {
                    asks.Tell(new PaletteLine(before, IsLast: false, IsError: false), self);
                }

                before = line;
            }

            asks.Tell(new PaletteLine(before ?? "", IsLast: true, IsError: false), self);
        }
        catch (Exception e)
        {
            // Whoever asks is never left without an answer, whatever went wrong.
            var why = e is PaletteException or TimeoutException or IOException ? e.Message : $"{e.GetType().Name}: {e.Message}";
            asks.Tell(new PaletteLine(why, IsLast: true, IsError: true), self);
        }
    }
}
