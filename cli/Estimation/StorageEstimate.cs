namespace Ism.Cli.Estimation;

/// <summary>What a finished job has written into its workspace, in bytes.</summary>
public sealed record StorageEstimate
{
    // Rules seen in finished runs: a step's line of metrics.jsonl, a chunk's events of one work in the journal, and the journal's tables.
    private const double MetricsLine = 470;
    private const double JournalChunk = 450;
    private const double JournalFixed = 40_000;

    /// <summary>Catalogues.</summary>
    public double Catalogues { get; init; }

    /// <summary>Bytes of a residue in a token file.</summary>
    public double TokenBytesPerResidue { get; init; }

    /// <summary>Token files of corpus and held-out structures.</summary>
    public double Tokens { get; init; }

    /// <summary>Checkpoints kept, those of the autoencoder's stages included.</summary>
    public double Checkpoints { get; init; }

    /// <summary>The tuned model's folder, and the autoencoder's.</summary>
    public double Models { get; init; }

    /// <summary>Embeddings and k-means passes.</summary>
    public double Clustering { get; init; }

    /// <summary>Journal of the ledgers, and metrics.jsonl.</summary>
    public double Journal { get; init; }

    /// <summary>All of it.</summary>
    public double Total => Catalogues + Tokens + Checkpoints + Models + Clustering + Journal;

    /// <summary>Works it out.</summary>
    /// <param name="sizes">How often what is written.</param>
    /// <param name="featurizer">Bytes of token files, embeddings and passes, as measured.</param>
    /// <param name="stages">Bytes of checkpoints and models, as measured, and the stages' steps.</param>
    /// <param name="catalogueBytes">Bytes of a catalogue that do not grow with it.</param>
    /// <param name="bytesPerEntry">Bytes of a catalogue's entry.</param>
    /// <param name="residuesPerStructure">Of the corpus; null: as measured.</param>
    public static StorageEstimate Of(
        JobSizes sizes, FeaturizerReading featurizer, IReadOnlyList<(StageReading Reading, long Steps)> stages, double catalogueBytes,
        double bytesPerEntry, double? residuesPerStructure = null)
    {
        var perResidue = Math.Max(0, featurizer.TokenBytes - ((double)featurizer.Chunks * featurizer.EmptyTokenBytes))
            / Math.Max(1, featurizer.Residues);
        var residues = residuesPerStructure ?? (double)featurizer.Residues / Math.Max(1, featurizer.Structures);
        long[] catalogues = [sizes.Corpus, sizes.Heldout, sizes.ExperimentalIsCorpus ? 0 : sizes.Experimental];
        var tokenised = sizes.Corpus + sizes.Heldout;
        var tokenChunks = sizes.Chunks(sizes.Corpus) + sizes.Chunks(sizes.Heldout);
        var passes = sizes.MakesCodebook ? sizes.Job.Codebook.MaxIterations : 0;
        var works = 2 + passes;
        return new StorageEstimate
        {
            Catalogues = catalogues.Where(c => c > 0).Sum(c => catalogueBytes + (c * bytesPerEntry)),
            TokenBytesPerResidue = perResidue,
            Tokens = (tokenChunks * (double)featurizer.EmptyTokenBytes) + (tokenised * residues * perResidue),
            Checkpoints = stages.Sum(s => (double)s.Reading.CheckpointBytes * sizes.KeptCheckpoints(s.Steps)),
            Models = stages.Sum(s => (double)s.Reading.ModelBytes),
            Clustering = sizes.MakesCodebook
                ? ((double)sizes.Experimental * featurizer.EmbeddingBytes / Math.Max(1, featurizer.EmbeddedStructures))
                    + ((double)sizes.Chunks(sizes.Experimental) * passes * featurizer.PartialBytes)
                : 0,
            Journal = JournalFixed + (JournalChunk * tokenChunks) + (JournalChunk * sizes.Chunks(sizes.Experimental) * (works - 1))
                + (MetricsLine * stages.Sum(s => s.Steps)),
        };
    }
}
