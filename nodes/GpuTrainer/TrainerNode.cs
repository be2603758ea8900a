using Akka.Actor;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Protocol.Jobs;
using TorchSharp;

namespace Ism.GpuTrainer;

/// <summary>Makes a node a trainer.</summary>
public static class TrainerNode
{
    /// <summary>Starts the trainer's actor.</summary>
    public static void Start(ActorSystem system, NodeOptions node, Workspace workspace, JobOptions job)
    {
        if (job.Cluster.ThreadsPerTrainer > 0)
        {
            torch.set_num_threads(job.Cluster.ThreadsPerTrainer);
        }

        var coordinator = JobSingleton.Proxy(system);
        var region = ChunkRegion.Proxy(system);
        system.ActorOf(
            Props.Create(() => new TrainerActor(node.NodeId, node.Host, job, workspace, coordinator, region)), "trainer");
    }
}
