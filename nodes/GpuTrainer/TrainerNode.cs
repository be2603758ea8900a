using Akka;
using Akka.Actor;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Collectives;
using Ism.Models.Training;
using Ism.Protocol.Jobs;
using TorchSharp;

namespace Ism.GpuTrainer;

/// <summary>Makes a node a trainer.</summary>
public static class TrainerNode
{
    /// <summary>How long a node that shuts down waits for the next step boundary; then it leaves anyway, which costs the other ranks
    /// the step in flight. Below the time-out of its phase of the coordinated shutdown.</summary>
    public static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(4);

    /// <summary>Starts the trainer's actor.</summary>
    public static void Start(ActorSystem system, NodeOptions node, Workspace workspace, JobOptions job)
    {
        _ = HostMemory.KeepFreed();
        _ = KernelCache.Bound();
        if (job.Cluster.ThreadsPerTrainer > 0)
        {
            torch.set_num_threads(job.Cluster.ThreadsPerTrainer);
        }

        var coordinator = JobSingleton.Proxy(system);
        var region = ChunkRegion.Proxy(system);
        var tls = node.Tls is { } folder
            ? new RingTls(() => folder.Credentials().ForAccepting(), () => folder.Credentials().ForConnecting(), why => system.Log.Warning("ring: {0}", why))
            : null;
        var trainer = system.ActorOf(
            Props.Create(() => new TrainerActor(node.NodeId, node.Host, job, workspace, coordinator, region, null, tls)), "trainer");
        LeaveOnShutdown(system, trainer);
    }

    /// <summary>Before anything of the node stops, its trainer leaves the group politely.</summary>
    public static void LeaveOnShutdown(ActorSystem system, IActorRef trainer) => CoordinatedShutdown.Get(system).AddTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind, "leave-training-group", async () =>
        {
            try
            {
                await trainer.Ask<HasLeft>(new LeavePolitely(), LeaveTimeout);
            }
            catch (AskTimeoutException)
            {
                system.Log.Warning(
                    "the training group did not reach a step boundary within {0} s; this trainer leaves anyway", LeaveTimeout.TotalSeconds);
            }

            return Done.Instance;
        });
}
