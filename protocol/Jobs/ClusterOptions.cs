namespace Ism.Protocol.Jobs;

/// <summary>Numbers of nodes, threads and the time limits between them.</summary>
public sealed record ClusterOptions
{
    /// <summary>Coordinator processes that `ism run` starts: one drives the job, the others stand by.</summary>
    public int Coordinators { get; init; } = 1;

    /// <summary>Featurizer processes that `ism run` starts.</summary>
    public int Featurizers { get; init; } = 2;

    /// <summary>Trainer processes that `ism run` starts, and for which the first generation waits.</summary>
    public int Trainers { get; init; } = 2;

    /// <summary>Compute threads of a trainer; 0: the machine's cores shared among the local trainers.</summary>
    public int ThreadsPerTrainer { get; init; }

    /// <summary>Where trainers compute: "auto" (CUDA where the build and the machine have it, else the CPU), "cpu", or "cuda" (an error where
    /// there is none). Trainer number n takes GPU n modulo the machine's GPUs; one GPU serves one trainer; featurizers compute on
    /// CPUs.</summary>
    public string TrainerDevice { get; init; } = "auto";

    /// <summary>Cores that a featurizer computes on, encoder and reading ahead together; 0: the machine's cores shared among the local
    /// featurizers. Tokens do not depend on it.</summary>
    public int ThreadsPerFeaturizer { get; init; }

    /// <summary>Chunk leases a featurizer holds at once.</summary>
    public int LeasesPerFeaturizer { get; init; } = 4;

    /// <summary>Seconds after which a chunk whose featurizer says nothing is leased again.</summary>
    public double LeaseSeconds { get; init; } = 60;

    /// <summary>Seconds a collective may wait for a peer without a byte moving; the dead and the unreachable are found sooner.</summary>
    public double CollectiveSeconds { get; init; } = 60;

    /// <summary>Over what trainers add up gradients: auto (NCCL where every trainer computes on a GPU and has it, else the TCP ring),
    /// ring, or nccl (an error where one has it not).</summary>
    public string Collectives { get; init; } = "auto";

    /// <summary>Steps for which a trainer fetches samples ahead.</summary>
    public int PrefetchSteps { get; init; } = 4;

    /// <summary>Journal of job and ledger: empty for a SQLite file in the workspace, else a PostgreSQL connection string (as Npgsql takes it), e.g.
    /// Host=db;Database=ism;Username=ism; its tables are made when they are missing, and many jobs may share a database. It stands in
    /// job.json as given.</summary>
    public string Journal { get; init; } = "";
}
