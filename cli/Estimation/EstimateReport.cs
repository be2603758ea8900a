using System.Globalization;

namespace Ism.Cli.Estimation;

/// <summary>Works out the rows of an estimate from sizes and measurements: arithmetic alone.</summary>
public sealed class EstimateReport
{
    // Batches among which the heaviest is looked for.
    private const long BatchesDrawn = 400;
    private readonly JobSizes _sizes;
    private readonly EstimateRequest _request;
    private readonly Measurements _measured;
    private readonly int _cores;
    private readonly double _listing;
    private readonly List<EstimateRow> _rows = [];

    /// <param name="sizes">Sizes of the job.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="measured">What was measured.</param>
    /// <param name="cores">Of this machine.</param>
    /// <param name="listingSeconds">Of listing the sources.</param>
    public EstimateReport(JobSizes sizes, EstimateRequest request, Measurements measured, int cores, double listingSeconds)
    {
        (_sizes, _request, _measured, _cores, _listing) = (sizes, request, measured, cores, listingSeconds);
        Featurizing = new FeaturizingRates(sizes, measured.Featurizers, request.Apart, measured.Lengths);
        Training = new TrainingRates(sizes, request, measured, Featurizing.ResiduesPerStructure);
    }

    private FeaturizingRates Featurizing { get; }

    private TrainingRates Training { get; }

    private int Trainers => _sizes.Job.Cluster.Trainers;

    private int Featurizers => _sizes.Job.Cluster.Featurizers;

    /// <summary>The rows, in the order of the table.</summary>
    public IReadOnlyList<EstimateRow> Rows()
    {
        AddCorpus();
        AddFeaturizing();
        AddTuning();
        AddMemory();
        AddStorage();
        AddCourse();
        return _rows;
    }

    private void Add(string key, double value, EstimateUnit unit, string what, string how) =>
        _rows.Add(new EstimateRow(key, value, unit, what, how));

    private void AddCorpus()
    {
        Add("machine.cores", _cores, EstimateUnit.Count, "cores of this machine", "");
        Add("machine.load", _measured.Load, EstimateUnit.Count, "others at work on it before", "load of the last minute; above 0, times are too long");
        var sample = _measured.Featurizers[0];
        var listed = _request.Structures is null ? "listed" : "--structures";
        Add("corpus.structures", _sizes.Corpus, EstimateUnit.Count, "structures to train on", listed);
        Add("corpus.heldout", _sizes.Heldout, EstimateUnit.Count, "held-out structures", "listed");
        Add("corpus.experimental", _sizes.Experimental, EstimateUnit.Count, "structures for the autoencoder",
            _sizes.ExperimentalIsCorpus ? "those of the corpus" : "listed");
        Add("corpus.residues_per_structure", Featurizing.ResiduesPerStructure, EstimateUnit.Count, "residues of a structure",
            $"mean of {_measured.Lengths?.Structures ?? sample.Structures} structures of the corpus, spread over the listing");
        Add("corpus.refused_share", (double)sample.Refused / sample.Structures, EstimateUnit.Share, "structures refused", $"of those {sample.Structures}");
    }

    private void AddFeaturizing()
    {
        var how = _request.Apart ? "a featurizer with a machine of its own" : $"{_measured.Featurizers.Count} at once on {_cores} cores";
        Add("featurizing.structures_per_second", Featurizing.PerFeaturizer, EstimateUnit.PerSecond, "structures tokenised, one featurizer",
            $"measured: read, microenvironments, encoder, codebook; {how}");
        Add("featurizing.residues_per_second", Featurizing.PerFeaturizer * Featurizing.ResiduesPerStructure, EstimateUnit.PerSecond,
            "residues tokenised, one featurizer", "the same");
        Add("featurizing.memory_bytes", _measured.Featurizers.Max(f => f.PeakBytes), EstimateUnit.Bytes, "memory of a featurizer",
            "peak of the measuring process");
    }

    private void AddTuning()
    {
        var share = JobSizes.ShareOf(_sizes.Job.Tuning.GlobalBatch, Trainers);
        Add("tuning.parameters", Training.Parameters, EstimateUnit.Count, "parameters trained", "the model's shape, with the structure head");
        Add("tuning.steps", _sizes.TuningSteps, EstimateUnit.Count, "steps",
            $"{_sizes.Corpus:N0} structures, {Text(_sizes.Job.Tuning.Epochs)} epochs, {_sizes.Job.Tuning.GlobalBatch} a batch");
        Add("tuning.tokens_per_step", Training.TokensPerStep, EstimateUnit.Count, "useful tokens of a step", "crops of those structures");
        Add("tuning.step_seconds", Training.StepSeconds, EstimateUnit.Seconds, "one step",
            Training.Tuning is { } stage
                ? $"{stage.Steps} steps of {stage.Samples} of {share} samples a rank, {_measured.Trainers.Count} rank(s) at once"
                : $"{share} samples a rank at --gpu-tokens-per-second {Text(_request.TokensPerSecond!.Value)}");
        Add("tuning.reduce_seconds", Training.ReduceSeconds, EstimateUnit.Seconds, "of which reduction of gradients", Training.ReduceHow);
        Add("tuning.update_seconds", Training.Tuning?.UpdateSeconds ?? 0, EstimateUnit.Seconds, "of which clipping and optimizer",
            Training.Tuning is null ? "part of the rate given" : "measured");
        Add("tuning.tokens_per_second", Training.TokensPerStep / Training.StepSeconds, EstimateUnit.PerSecond, "useful tokens, all trainers", "from these");
        if (_measured.NetworkBytesPerSecond > 0)
        {
            Add("network.bytes_per_second", _measured.NetworkBytesPerSecond, EstimateUnit.BytesPerSecond, "a link of the ring",
                _request.NetworkBytesPerSecond is null ? "ring of two over the loopback, measured" : "--network");
        }
    }

    private void AddMemory()
    {
        if (Training.Tuning is not { } stage)
        {
            Add("memory.rank_bytes", MemoryEstimate.LeastBytes(Training.Parameters), EstimateUnit.Bytes, "memory of a rank, at least",
                "16 bytes a parameter: weights, gradients, moments; without activations, which were not measured");
            return;
        }

        if (_measured.Lengths is { } lengths && stage.LargestTokens > 0)
        {
            var tuning = _sizes.Job.Tuning;
            var heaviest = lengths.HeaviestShare(tuning.GlobalBatch, Trainers, Math.Clamp(_sizes.TuningSteps, 1, BatchesDrawn), tuning.Crop);
            stage = stage with { WholeLargestTokens = Math.Min(tuning.TokensPerMicroBatch, heaviest) };
        }

        var memory = MemoryEstimate.Of(stage, _measured.Trainers[0].RuntimeBytes);
        Add("memory.rank_bytes", memory.Total, EstimateUnit.Bytes, "memory of a rank (rank 0)",
            "peak of the measuring process, activations scaled to the largest micro-batch");
        Add("memory.weights_bytes", memory.Weights, EstimateUnit.Bytes, "  weights", "4 bytes a parameter");
        Add("memory.gradients_bytes", memory.Gradients, EstimateUnit.Bytes, "  gradients", "4 bytes a parameter");
        Add("memory.moments_bytes", memory.Moments, EstimateUnit.Bytes, "  moments", "8 bytes a parameter");
        Add("memory.checkpoint_copy_bytes", memory.CheckpointCopy, EstimateUnit.Bytes, "  copy for checkpoints", "12 bytes a parameter, rank 0 only");
        Add("memory.runtime_bytes", memory.Runtime, EstimateUnit.Bytes, "  runtime and libraries", "measured before there was a model");
        Add("memory.activations_bytes", memory.Activations, EstimateUnit.Bytes, "  activations and the rest", "what is left of the peak");
        Add("memory.holes_bytes", memory.Holes, EstimateUnit.Bytes, "  holes of the heap", "a tenth and 32 MiB, at which a trainer gives free pages back");
    }

    private void AddStorage()
    {
        var storage = StorageEstimate.Of(
            _sizes, _measured.Featurizers[0], Training.Stored, _measured.CatalogueBytes, _measured.BytesPerEntry, Featurizing.ResiduesPerStructure);
        Add("storage.total_bytes", storage.Total, EstimateUnit.Bytes, "storage of the workspace", "the sum, without logs");
        Add("storage.catalogues_bytes", storage.Catalogues, EstimateUnit.Bytes, "  catalogues", $"{_measured.BytesPerEntry:F0} bytes an entry, measured");
        Add("storage.tokens_bytes", storage.Tokens, EstimateUnit.Bytes, "  token files",
            $"{storage.TokenBytesPerResidue.ToString("0.00", CultureInfo.InvariantCulture)} bytes a residue, measured");
        Add("storage.token_bytes_per_residue", storage.TokenBytesPerResidue, EstimateUnit.Bytes, "  of a residue", "token files of the sample");
        Add("storage.checkpoint_bytes", Training.Stored[^1].Reading.CheckpointBytes, EstimateUnit.Bytes, "  a checkpoint of tuning",
            Training.Tuning is null ? "12 bytes a parameter" : "written, or 12 bytes a parameter");
        Add("storage.checkpoints_bytes", storage.Checkpoints, EstimateUnit.Bytes, "  checkpoints kept, all stages",
            $"tuning.keepCheckpoints {_sizes.Job.Tuning.KeepCheckpoints}, keepCheckpointEvery {_sizes.Job.Tuning.KeepCheckpointEvery}");
        Add("storage.models_bytes", storage.Models, EstimateUnit.Bytes, "  finished models", "written, or 4 bytes a parameter");
        Add("storage.clustering_bytes", storage.Clustering, EstimateUnit.Bytes, "  embeddings and k-means passes", "measured, for all iterations allowed");
        Add("storage.journal_bytes", storage.Journal, EstimateUnit.Bytes, "  journal and metrics", "by chunks and steps, from finished runs");
    }

    private void AddCourse()
    {
        var nodes = _request.Apart
            ? $"{Featurizers} featurizer(s) and {Trainers} trainer(s), a machine each"
            : $"{Featurizers} featurizer(s) and {Trainers} trainer(s) share this machine's {_cores} cores";
        var (start, autoencoder, codebook) = (_listing + _measured.StartSeconds, Training.AutoencoderSeconds(Featurizing), Featurizing.CodebookSeconds);
        var tokens = Featurizing.TokensSeconds;
        var evaluations = Training.EvaluationSeconds;
        var tuning = _sizes.TuningSteps * Training.StepSeconds;
        var course = CourseEstimate.Of(_sizes, Training.StepSeconds, Featurizing.PerFeaturizer, Featurizers);
        // Who shares cores takes turns: nothing overlaps there.
        var last = _request.Apart ? course.TotalSeconds + evaluations : tokens + tuning + evaluations;
        var coordination = _sizes.CoordinationSeconds;
        Add("course.seconds", start + autoencoder + codebook + last + coordination, EstimateUnit.Seconds, "wall-clock of the whole job", nodes);
        Add("course.start_seconds", start, EstimateUnit.Seconds, "  start", "listing, and a process until it is ready; measured");
        Add("course.autoencoder_seconds", autoencoder, EstimateUnit.Seconds, "  autoencoder", Training.AutoencoderHow);
        Add("course.codebook_seconds", codebook, EstimateUnit.Seconds, "  codebook", Featurizing.CodebookHow);
        Add("course.tokens_seconds", tokens, EstimateUnit.Seconds, "  tokens",
            _request.Apart ? "beside tuning" : "before and beside tuning, on the same cores");
        Add("course.tuning_seconds", tuning, EstimateUnit.Seconds, "  tuning", $"{_sizes.TuningSteps:N0} steps");
        Add("course.evaluation_seconds", evaluations, EstimateUnit.Seconds, "  evaluations", $"{_sizes.Evaluations:N0} of {_sizes.Heldout:N0} structures");
        Add("course.coordination_seconds", coordination, EstimateUnit.Seconds, "  coordination",
            "cluster, generations and works forming and ending; a rule from finished runs");
        var apart = _request.Apart ? "simulated" : "simulated as if each node had its share of the cores all the time";
        Add("course.first_step_seconds", course.FirstStepSeconds, EstimateUnit.Seconds, "first step of tuning after", $"{apart}, from the begin of tokenising");
        Add("course.waiting_share", course.Waiting, EstimateUnit.Share, "trainers wait for tokens", apart);
        if (course.FewestFeaturizers is { } fewest)
        {
            Add("course.fewest_featurizers", fewest, EstimateUnit.Count, "featurizers with which they do not", "waiting under 1 % of the first epoch, simulated");
        }
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
