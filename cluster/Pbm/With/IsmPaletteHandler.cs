using Akka.Actor;
using Ism.Cluster.Palette;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Ism.Pbm;

/// <summary>The palette <c>ism</c> as Petabridge.Cmd takes it.</summary>
/// <param name="palette">Answers its commands.</param>
public sealed class IsmPaletteHandler(IActorRef palette) : CommandPaletteHandler(Palette)
{
    /// <summary>The palette, from <see cref="IsmPalette"/>.</summary>
    public static CommandPalette Palette { get; } = new(IsmPalette.Module, IsmPalette.Verbs.Select(Definition));

    /// <inheritdoc/>
    public override Props HandlerProps { get; } = Props.Create(() => new IsmPaletteRelay(palette));

    private static CommandDefinition Definition(PaletteVerb verb)
    {
        var builder = new CommandDefinitionBuilder().WithName(verb.Name).WithDescription(verb.Description);
        foreach (var argument in verb.Arguments)
        {
            builder = builder.WithArgument(b =>
            {
                var described = b.WithName(argument.Name).WithDescription(argument.Description)
                    .IsMandatory(argument.IsMandatory).WithSwitch(argument.Switch);
                return argument.Default.Length == 0 ? described : described.WithDefaultValue(argument.Default);
            });
        }

        return builder.Build();
    }
}
