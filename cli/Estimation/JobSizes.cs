using Ism.Coordinator.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Estimation;

/// <summary>How often a job does what: follows from its settings and the numbers of its structures alone.</summary>
/// <param name="Job">The resolved job.</param>
/// <param name="Corpus">Structures trained on.</param>
/// <param name="Heldout">Structures only evaluated on.</param>
/// <param name="Experimental">Structures that autoencoder and codebook are made from; those of the corpus where the job names no others.
/// </param>
/// <param name="ExperimentalIsCorpus">They are the corpus.</param>
public sealed record JobSizes(JobOptions Job, long Corpus, long Heldout, long Experimental, bool ExperimentalIsCorpus)
{
    // Seconds seen in finished runs on two busy cores: until nodes have found each other, of a generation, of a work's ledger, and from the
    // last step until the processes have left.
    private const double Forming = 9;
    private const double Generation = 1;
    private const double Work = 0.4;
    private const double Ending = 5;

    /// <summary>Steps of structure-tuning.</summary>
    public long TuningSteps => StageSteps.Of(Corpus, Job.Tuning.GlobalBatch, Job.Tuning.Epochs);

    /// <summary>Seconds that nodes spend on finding each other, forming generations and handing works out, beside all computing.</summary>
    public double CoordinationSeconds
    {
        get
        {
            var generations = 1 + (!TrainsAutoencoder ? 0 : Job.Autoencoder is { Objective: "autoencoder", Stage1Epochs: > 0, Stage2Epochs: > 0 } ? 2 : 1);
            var works = 1 + (Heldout > 0 ? 1 : 0) + (MakesCodebook ? 1 + Job.Codebook.MaxIterations : 0);
            return Forming + (generations * Generation) + (works * Work) + Ending;
        }
    }

    /// <summary>Steps of one of the stages by which the autoencoder is made.</summary>
    public long AutoencoderSteps(string stage) => StageSteps.Of(Experimental, Job.Autoencoder.GlobalBatch, stage switch
    {
        "autoencoder-1" => Job.Autoencoder.Stage1Epochs,
        "autoencoder-2" => Job.Autoencoder.Stage2Epochs,
        _ => Job.Autoencoder.Stage1Epochs + Job.Autoencoder.Stage2Epochs,
    });

    /// <summary>The autoencoder is trained by this job.</summary>
    public bool TrainsAutoencoder => Job.Autoencoder.From.Length == 0;

    /// <summary>The codebook is made by this job.</summary>
    public bool MakesCodebook => Job.Codebook.From.Length == 0;

    /// <summary>Held-out evaluations: every tuning.evaluateEvery steps, and at the end.</summary>
    public long Evaluations => Heldout == 0 ? 0
        : Job.Tuning.EvaluateEvery == 0 ? 1
        : (TuningSteps / Job.Tuning.EvaluateEvery) + (TuningSteps % Job.Tuning.EvaluateEvery == 0 ? 0 : 1);

    /// <summary>Chunks of so many structures.</summary>
    public long Chunks(long structures) => (structures + Job.Corpus.ChunkSize - 1) / Job.Corpus.ChunkSize;

    /// <summary>Checkpoints on disk once a stage of so many steps is complete: the newest tuning.keepCheckpoints of those after every
    /// tuning.checkpointEvery steps and the last step, and every tuning.keepCheckpointEvery-th for ever.</summary>
    public long KeptCheckpoints(long steps)
    {
        var (every, forever) = (Job.Tuning.CheckpointEvery, Job.Tuning.KeepCheckpointEvery);
        var written = (steps / every) + (steps % every == 0 ? 0 : 1);
        var newest = Math.Min(written, Job.Tuning.KeepCheckpoints);
        if (forever == 0)
        {
            return newest;
        }

        // The oldest step among the newest: older multiples of keepCheckpointEvery stay beside them.
        var oldest = steps % every == 0 ? steps - ((newest - 1) * every) : newest == 1 ? steps : (steps / every * every) - ((newest - 2) * every);
        return newest + ((oldest - 1) / forever);
    }

    /// <summary>Samples of a global batch that the busiest of the trainers takes.</summary>
    public static int ShareOf(int globalBatch, int trainers) => (globalBatch + trainers - 1) / trainers;
}
