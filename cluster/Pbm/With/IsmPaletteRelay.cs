using Akka.Actor;
using Ism.Cluster.Palette;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Ism.Pbm;

/// <summary>Hands commands of <c>pbm</c> to the palette's actor, and its lines back.</summary>
public sealed class IsmPaletteRelay : CommandHandlerActor
{
    /// <summary>A relay to <paramref name="palette"/>.</summary>
    public IsmPaletteRelay(IActorRef palette)
        : base(IsmPaletteHandler.Palette)
    {
        foreach (var verb in IsmPalette.Verbs)
        {
            Process(verb.Name, command =>
            {
                var (client, asked) = (Sender, CommandOf(verb.Name, command));
                Context.ActorOf(Props.Create(() => new Answering(client, palette, asked)));
            });
        }
    }

    private static PaletteCommand CommandOf(string verb, Command command) => new(
        verb, [.. command.Arguments.Select(a => KeyValuePair.Create(a.Item1, a.Item2))], "pbm");

    /// <summary>One command under way.</summary>
    private sealed class Answering : ReceiveActor
    {
        // Longer than the longest command is waited for.
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(35);

        public Answering(IActorRef client, IActorRef palette, PaletteCommand command)
        {
            SetReceiveTimeout(Patience);
            Receive<PaletteLine>(line =>
            {
                client.Tell(line.IsError ? new ErroredCommandResponse(line.Text, line.IsLast) : new CommandResponse(line.Text, line.IsLast));
                if (line.IsLast)
                {
                    Context.Stop(Self);
                }
            });
            Receive<ReceiveTimeout>(_ =>
            {
                client.Tell(new ErroredCommandResponse($"{command.Verb}: no answer within {Patience.TotalMinutes:F0} minutes"));
                Context.Stop(Self);
            });
            palette.Tell(command);
        }
    }
}
