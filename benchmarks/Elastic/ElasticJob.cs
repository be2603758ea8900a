namespace Ism.Benchmarks.Elastic;

/// <summary>
/// The job of the run: as little training as there can be before a corpus that takes its time to be made into tokens, and then a small model
/// that is trained for longer than the run takes, so that featurizers become fewer while the job goes on.
/// </summary>
internal static class ElasticJob
{
    /// <summary>Structures a chunk: few, so that there are many chunks.</summary>
    public const int ChunkSize = 4;

    /// <summary>The job file.</summary>
    public static string Yaml(string folder) => $"""
        name: elastic
        seed: 11
        model:
          layers: 2
          width: 32
          heads: 4
        corpus:
          structures: ["{folder}/corpus"]
          chunkSize: {ChunkSize}
        autoencoder:
          structures: ["{folder}/trained-on"]
          layers: 4
          decoderLayers: 1
          width: 128
          heads: 8
          stage1Epochs: 1
          stage2Epochs: 1
          globalBatch: 8
          residuesPerStructure: 4
        codebook:
          clusters: 8
          elbow: [4, 8]
          residuesPerStructure: 16
          startSample: 256
          maxIterations: 3
          excludedTokenChunks: 4
        tuning:
          epochs: 1000
          warmupEpochs: 0
          globalBatch: 64
          crop: 64
          checkpointEvery: 1000
        cluster:
          threadsPerFeaturizer: 1
          threadsPerTrainer: 1
          leaseSeconds: 60
        """;
}
