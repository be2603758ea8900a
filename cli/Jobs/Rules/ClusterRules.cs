using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs.Rules;

/// <summary>What holds of the cluster's settings.</summary>
internal static class ClusterRules
{
    public static void Check(ClusterOptions cluster, Problems found)
    {
        found.Range("cluster.coordinators", cluster.Coordinators, 1, 15);
        found.Range("cluster.featurizers", cluster.Featurizers, 1, 10_000);
        found.Range("cluster.trainers", cluster.Trainers, 1, 10_000);
        found.Range("cluster.threadsPerTrainer", cluster.ThreadsPerTrainer, 0, 4096);
        found.Range("cluster.threadsPerFeaturizer", cluster.ThreadsPerFeaturizer, 0, 4096);
        found.Range("cluster.leasesPerFeaturizer", cluster.LeasesPerFeaturizer, 1, 1000);
        found.Range("cluster.leaseSeconds", cluster.LeaseSeconds, 1, 86_400, "s");
        found.Range("cluster.collectiveSeconds", cluster.CollectiveSeconds, 1, 86_400, "s");
        found.OneOf("cluster.trainerDevice", cluster.TrainerDevice, "auto", "cpu", "cuda");
        found.OneOf("cluster.collectives", cluster.Collectives, "auto", "ring", "nccl");
        found.Range("cluster.prefetchSteps", cluster.PrefetchSteps, 1, 1000);
    }
}
