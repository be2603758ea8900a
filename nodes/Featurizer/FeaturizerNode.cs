using Akka;
using Akka.Actor;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Isolation;
using Ism.Protocol.Jobs;
using TorchSharp;

namespace Ism.Featurizer;

/// <summary>Makes a node a featurizer: holds leases of chunks and hosts chunk entities, over one compute and one serving thread.</summary>
public static class FeaturizerNode
{
    private static readonly TimeSpan ReleaseTime = TimeSpan.FromSeconds(2);

    /// <summary>Starts the lease holder and the shard region.</summary>
    /// <param name="system">A member of the cluster.</param>
    /// <param name="workspace">The job's workspace.</param>
    /// <param name="job">The resolved job.</param>
    /// <param name="isolation">Tries suspect structures alone; null: in this process.</param>
    /// <param name="node">Name of this node.</param>
    public static void Start(ActorSystem system, Workspace workspace, JobOptions job, IIsolation? isolation = null, string node = "featurizer")
    {
        if (job.Cluster.ThreadsPerFeaturizer > 0)
        {
            // Threads that come to torch later, the compute thread among them, take this number over.
            torch.set_num_threads(job.Cluster.ThreadsPerFeaturizer);
        }

        var coordinator = JobSingleton.Proxy(system);
        var context = new FeaturizerContext(workspace, job, isolation, node)
        {
            Abandoned = what => system.Log.Warning("{0}", what),
            Note = what => system.Log.Warning("{0}", what),
            Damaged = m => coordinator.Tell(m, ActorRefs.NoSender),
            GivingUp = why =>
            {
                system.Log.Error("{0}", why);
                CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);
            },
        };
        ChunkRegion.Host(system, _ => ChunkEntity.Props(context));
        Hold(system, context);
        system.RegisterOnTermination(context.Dispose);
    }

    /// <summary>Starts the lease holder, which gives back what it holds before the node leaves the cluster, while the ledger can still be told.
    /// </summary>
    public static void Hold(ActorSystem system, FeaturizerContext context)
    {
        var holder = system.ActorOf(LeaseHolder.Props(context), LeaseHolders.ActorName);
        CoordinatedShutdown.Get(system).AddTask(
            CoordinatedShutdown.PhaseBeforeClusterShutdown, "give-leases-back", async () =>
            {
                await holder.GracefulStop(ReleaseTime);
                return Done.Instance;
            });
    }
}
