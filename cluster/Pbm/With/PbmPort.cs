using Akka.Actor;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;

namespace Ism.Pbm;

/// <summary>The port for <c>pbm</c>, the client of Petabridge.Cmd: the palette <c>ism</c> beside those of cluster and sharding.</summary>
public static class PbmPort
{
    /// <summary>Whether this build has Petabridge.Cmd.</summary>
    public static bool IsBuiltIn => true;

    /// <summary>Opens the port that the actor system's configuration names (petabridge.cmd.host and .port).</summary>
    /// <param name="system">A member of the cluster.</param>
    /// <param name="palette">Answers commands of the palette <c>ism</c>.</param>
    public static void Open(ActorSystem system, IActorRef palette)
    {
        var host = PetabridgeCmd.Get(system);
        host.RegisterCommandPalette(new IsmPaletteHandler(palette));
        host.RegisterCommandPalette(ClusterCommands.Instance);
        host.RegisterCommandPalette(ClusterShardingCommands.Instance);
        host.Start();
    }
}
