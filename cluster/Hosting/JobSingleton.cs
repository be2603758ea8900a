using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Pattern;

namespace Ism.Cluster.Hosting;

/// <summary>The one actor that drives the job: on the oldest coordinator, taken over by a standby when that one dies.</summary>
public static class JobSingleton
{
    private const string Name = "job";

    /// <summary>Starts the singleton (on coordinators). When it stops of itself, because the journal refused a write or it fails,
    /// it is started again after a growing pause.</summary>
    public static IActorRef Host(ActorSystem system, Props props) => system.ActorOf(
        ClusterSingletonManager.Props(
            BackoffSupervisor.Props(
                Backoff.OnStop(props, "actor", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30), 0.1, -1).WithDefaultStoppingStrategy()),
            PoisonPill.Instance,
            ClusterSingletonManagerSettings.Create(system).WithRole(NodeRoles.Coordinator)),
        Name);

    /// <summary>Reaches the singleton from any node; messages wait while a take-over is under way.</summary>
    public static IActorRef Proxy(ActorSystem system) => system.ActorOf(
        ClusterSingletonProxy.Props(
            $"/user/{Name}", ClusterSingletonProxySettings.Create(system).WithRole(NodeRoles.Coordinator)));
}
