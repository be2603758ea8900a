using Ism.Coordinator.Planning;

namespace Ism.Cli.Estimation;

/// <summary>Tokenising and tuning as they overlap when every node has a machine of its own, played through in virtual time.</summary>
/// <param name="FirstStepSeconds">When the first step of tuning can begin, from the begin of tokenising.</param>
/// <param name="TotalSeconds">When the last step is done.</param>
/// <param name="Waiting">Share of the time after the first step in which trainers wait for tokens.</param>
/// <param name="FewestFeaturizers">With so many they wait for less than a hundredth of the first epoch; null: more than are tried.</param>
public sealed record CourseEstimate(double FirstStepSeconds, double TotalSeconds, double Waiting, int? FewestFeaturizers)
{
    private const int MostFeaturizers = 2048;
    private const double Allowed = 0.01;

    /// <summary>Plays the first epoch through, in which every chunk is made; the steps after it never wait.</summary>
    /// <param name="sizes">Sizes of the job.</param>
    /// <param name="stepSeconds">Of a step, reduction included.</param>
    /// <param name="structuresPerSecond">Of one featurizer.</param>
    /// <param name="featurizers">How many there are.</param>
    public static CourseEstimate Of(JobSizes sizes, double stepSeconds, double structuresPerSecond, int featurizers)
    {
        var job = sizes.Job;
        var planned = new PlannedJob
        {
            Structures = sizes.Corpus,
            ChunkSize = job.Corpus.ChunkSize,
            WindowChunks = job.Corpus.WindowChunks,
            GlobalBatch = job.Tuning.GlobalBatch,
            Epochs = Math.Min(1, job.Tuning.Epochs),
            StepSeconds = stepSeconds,
            Featurizers = featurizers,
            StructuresPerSecond = structuresPerSecond,
            LeasesPerFeaturizer = job.Cluster.LeasesPerFeaturizer,
        };
        var course = JobSimulation.Run(planned);
        var simulated = (long)Math.Ceiling(planned.Structures * planned.Epochs / planned.GlobalBatch);
        // "auto" looks at the tokens of the first chunks before the first step.
        var looked = Math.Min(sizes.Corpus, (long)job.Codebook.ExcludedTokenChunks * job.Corpus.ChunkSize);
        var late = Math.Max(0, (looked / (structuresPerSecond * featurizers)) - course.FirstStepSeconds);
        // The held-out structures are tokenised first.
        var before = sizes.Heldout / (structuresPerSecond * featurizers);
        var total = before + course.TotalSeconds + (Math.Max(0, sizes.TuningSteps - simulated) * stepSeconds);
        var waiting = Math.Max(0, course.WaitingSeconds - late);
        var (fewest, enough) = JobSimulation.FewestFeaturizers(planned, MostFeaturizers);
        return new CourseEstimate(
            before + course.FirstStepSeconds + late,
            total + Math.Max(0, late - course.WaitingSeconds),
            waiting / Math.Max(1e-9, total - before - course.FirstStepSeconds - late),
            enough.Waiting <= Allowed ? fewest : null);
    }
}
