using Akka.Actor;
using Petabridge.Cmd.Host;

namespace Petabridge.Cmd.Host
{
    /// <summary>Stand-in: a palette and who handles it.</summary>
    public abstract class CommandPaletteHandler
    {
        /// <summary>A handler of a palette.</summary>
        protected CommandPaletteHandler(CommandPalette palette) => CommandPalette = palette;

        /// <summary>The palette.</summary>
        public CommandPalette CommandPalette { get; }

        /// <summary>Makes the actor that is given its commands.</summary>
        public abstract Props HandlerProps { get; }

        /// <summary>Told when it is registered.</summary>
        public virtual void OnRegister(PetabridgeCmd plugin)
        {
        }
    }

    /// <summary>Stand-in: an actor that is given the commands of a palette.</summary>
    public abstract class CommandHandlerActor : ReceiveActor
    {
        private readonly Dictionary<string, Action<Command>> _handlers = [];

        /// <summary>An actor for a palette.</summary>
        protected CommandHandlerActor(CommandPalette palette)
        {
            Palette = palette;
            Receive<Command>(command => _handlers[command.Name](command));
        }

        /// <summary>The palette.</summary>
        protected CommandPalette Palette { get; }

        /// <summary>Says what is done with a command; the answer goes to the sender.</summary>
        protected void Process(string commandName, Action<Command> handler) => _handlers.Add(commandName, handler);
    }

    /// <summary>Stand-in: the extension of an actor system.</summary>
    public sealed class PetabridgeCmd : IExtension
    {
        private readonly List<CommandPaletteHandler> _palettes = [];

        /// <summary>Palettes that were registered.</summary>
        public IReadOnlyList<CommandPaletteHandler> Palettes => _palettes;

        /// <summary>It was started.</summary>
        public bool IsStarted { get; private set; }

        /// <summary>The extension of a system.</summary>
        public static PetabridgeCmd Get(ActorSystem system) => system.WithExtension<PetabridgeCmd, Provider>();

        /// <summary>Adds a palette.</summary>
        public void RegisterCommandPalette(CommandPaletteHandler handler)
        {
            _palettes.Add(handler);
            handler.OnRegister(this);
        }

        /// <summary>Begins to listen; the stand-in does not.</summary>
        public void Start() => IsStarted = true;

        /// <summary>Makes it.</summary>
        public sealed class Provider : ExtensionIdProvider<PetabridgeCmd>
        {
            /// <inheritdoc/>
            public override PetabridgeCmd CreateExtension(ExtendedActorSystem system) => new();
        }
    }
}

namespace Petabridge.Cmd.Cluster
{
    /// <summary>Stand-in: the palette <c>cluster</c>.</summary>
    public sealed class ClusterCommands : CommandPaletteHandler
    {
        private ClusterCommands()
            : base(new CommandPalette("cluster", []))
        {
        }

        /// <summary>The one there is.</summary>
        public static ClusterCommands Instance { get; } = new();

        /// <inheritdoc/>
        public override Props HandlerProps => Props.Empty;
    }
}

namespace Petabridge.Cmd.Cluster.Sharding
{
    /// <summary>Stand-in: the palette <c>cluster-sharding</c>.</summary>
    public sealed class ClusterShardingCommands : CommandPaletteHandler
    {
        private ClusterShardingCommands()
            : base(new CommandPalette("cluster-sharding", []))
        {
        }

        /// <summary>The one there is.</summary>
        public static ClusterShardingCommands Instance { get; } = new();

        /// <inheritdoc/>
        public override Props HandlerProps => Props.Empty;
    }
}
