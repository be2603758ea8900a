using Ism.Protocol.Jobs;

namespace Ism.Cluster.Hosting;

/// <summary>
/// The journal of all jobs of a cluster, given through the environment of its coordinators: a connection string has a password in it, which
/// does not belong into a job file. A job that names a journal of its own keeps it.
/// </summary>
public static class JournalVariable
{
    /// <summary>Holds a PostgreSQL connection string.</summary>
    public const string Name = "ISM_JOURNAL";

    /// <summary>The job with the journal that it is to have.</summary>
    public static JobOptions Over(JobOptions job) =>
        job.Cluster.Journal.Length == 0 && Environment.GetEnvironmentVariable(Name) is { Length: > 0 } given
            ? job with { Cluster = job.Cluster with { Journal = given } }
            : job;
}
