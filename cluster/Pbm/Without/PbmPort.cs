using Akka.Actor;

namespace Ism.Pbm;

/// <summary>The port for <c>pbm</c>, in a build without Petabridge.Cmd.</summary>
public static class PbmPort
{
    /// <summary>Whether this build has Petabridge.Cmd.</summary>
    public static bool IsBuiltIn => false;

    /// <summary>Opens the port.</summary>
    /// <exception cref="NotSupportedException">Always: it is not in this build.</exception>
    public static void Open(ActorSystem system, IActorRef palette) => throw new NotSupportedException(
        $"{system.Name} was built without Petabridge.Cmd, so {palette.Path} is reached by nobody; build with -p:PetabridgeCmd=true");
}
