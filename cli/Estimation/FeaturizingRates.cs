namespace Ism.Cli.Estimation;

/// <summary>What the job's featurizers give, from those measured.</summary>
public sealed class FeaturizingRates
{
    private readonly JobSizes _sizes;
    private readonly FeaturizerReading _first;

    /// <param name="sizes">Sizes of the job.</param>
    /// <param name="measured">Featurizers that worked beside each other.</param>
    /// <param name="apart">Each has a machine of its own; else the measured ones were all that the machine can do at once.</param>
    /// <param name="lengths">Lengths of the corpus; null: those measured.</param>
    public FeaturizingRates(JobSizes sizes, IReadOnlyList<FeaturizerReading> measured, bool apart, LengthSurvey? lengths = null)
    {
        (_sizes, _first) = (sizes, measured[0]);
        var featurizers = sizes.Job.Cluster.Featurizers;
        // More nodes than the machine has room for share what it can do.
        var share = apart ? 1 : Math.Min(1, (double)measured.Count / featurizers);
        ResiduesPerStructure = lengths?.Residues ?? ((double)_first.Residues / _first.Structures);
        // Time goes with residues: the structures measured may be longer or shorter than most.
        PerFeaturizer = share * measured.Average(f => lengths is null
            ? f.Structures / f.TokeniseSeconds
            : f.Residues / f.TokeniseSeconds / lengths.Residues);
        Embedding = share * featurizers * measured.Average(f => f.EmbedSeconds > 0 ? f.EmbeddedStructures / f.EmbedSeconds : 0);
        All = PerFeaturizer * featurizers;
    }

    /// <summary>Structures a second that one featurizer tokenises.</summary>
    public double PerFeaturizer { get; }

    /// <summary>Structures a second that all featurizers tokenise.</summary>
    public double All { get; }

    /// <summary>Structures a second that all featurizers embed for the codebook; 0: there is none to make.</summary>
    public double Embedding { get; }

    /// <summary>Residues of a structure, refused ones counted as empty.</summary>
    public double ResiduesPerStructure { get; }

    /// <summary>Seconds of tokenising corpus and held-out structures.</summary>
    public double TokensSeconds => (_sizes.Corpus + _sizes.Heldout) / All;

    /// <summary>How the codebook's time was found.</summary>
    public string CodebookHow => _sizes.MakesCodebook
        ? "embedding measured; elbow and k-means for as many iterations as allowed, from one that was timed"
        : "given by codebook.from";

    /// <summary>Seconds of making the codebook: embedding, elbow, starts, and all passes that are allowed.</summary>
    public double CodebookSeconds
    {
        get
        {
            if (!_sizes.MakesCodebook)
            {
                return 0;
            }

            var options = _sizes.Job.Codebook;
            var residues = (double)_sizes.Experimental * _first.EmbeddedResidues / _first.EmbeddedStructures;
            var sample = Math.Min(options.StartSample, residues);
            var elbow = options.Elbow.Where(k => k < sample)
                .Sum(k => sample * k * (_first.StartSeconds + ((options.MaxIterations + 1) * _first.IterationSeconds)));
            var start = sample * options.Clusters * _first.StartSeconds;
            var passes = options.MaxIterations * residues * _first.PassSecondsPerResidue / _sizes.Job.Cluster.Featurizers;
            return (_sizes.Experimental / Embedding) + elbow + start + passes;
        }
    }
}
