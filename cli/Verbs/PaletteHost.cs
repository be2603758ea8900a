using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Ism.Coordinator.Api;
using Ism.Coordinator.Palette;
using Ism.Pbm;

namespace Ism.Cli.Verbs;

/// <summary>Serves the palette of a coordinator to <c>pbm</c>, in a build that has Petabridge.Cmd.</summary>
internal static class PaletteHost
{
    /// <summary>Variable that stands for the option; children of `ism run` and `ism serve` inherit it.</summary>
    public const string Variable = "ISM_PBM";

    private const string Name = "--pbm";
    private const string Off = "off";
    private const string Default = "127.0.0.1:9110";

    /// <summary>The option of a coordinator.</summary>
    public static Option<string> Option() => new(Name)
    {
        Description = $"Where `pbm` reaches this coordinator ({Variable}); {Default} in a build with Petabridge.Cmd, \"{Off}\" in one without",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : PbmPort.IsBuiltIn ? Default : Off,
    };

    /// <summary>Where it is served; null when it is not.</summary>
    /// <exception cref="UsageException">The address cannot be used, or this build has no Petabridge.Cmd.</exception>
    public static IPEndPoint? Parse(string listen)
    {
        if (listen == Off)
        {
            return null;
        }

        if (!PbmPort.IsBuiltIn)
        {
            throw new UsageException(
                $"{Name} {listen}: this build has no Petabridge.Cmd; build it with ISM_BUILD_ARGS=-p:PetabridgeCmd=true, or leave {Name} and {Variable} out");
        }

        var endpoint = Inputs.Endpoint(Name, listen, Default, Off);
        return endpoint.Port > 0 ? endpoint : throw new UsageException($"{Name} {listen}: name a port, since `pbm` has to be told which");
    }

    /// <summary>What a coordinator does with its actor system once it is a member; null where nothing is served.</summary>
    /// <param name="endpoint">Where it is served.</param>
    /// <param name="jobs">Its jobs.</param>
    public static Action<ActorSystem>? For(IPEndPoint? endpoint, ApiJobs jobs) => endpoint is null ? null : system =>
    {
        // A port that another coordinator of this machine has must not end a node that is needed.
        if (WhyTaken(endpoint) is { } why)
        {
            system.Log.Warning("{0} is not served to pbm: {1}; give this coordinator another place with {2} or {3}", endpoint, why, Name, Variable);
            return;
        }

        PbmPort.Open(system, system.ActorOf(PaletteActor.Props(jobs), PaletteActor.ActorName));
        system.Log.Info("pbm is served at {0}", endpoint);
        if (!IPAddress.IsLoopback(endpoint.Address))
        {
            system.Log.Warning("{0} is reached from other machines, and Petabridge.Cmd asks nobody who he is: bound it by a firewall", endpoint);
        }
    };

    private static string? WhyTaken(IPEndPoint endpoint)
    {
        try
        {
            using var probe = new TcpListener(endpoint);
            probe.Start();
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }
}
