using System.Diagnostics;
using Ism.Coordinator.Jobs;
using Ism.Corpus;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Estimation;

/// <summary>A featurizer's work on the sample's chunks, with the worker of a real one: embedding, a codebook, a k-means pass, tokens.
/// Every featurizer does all of it into folders of its own.</summary>
/// <param name="workspace">The scratch workspace.</param>
/// <param name="plan">What is done.</param>
/// <param name="number">Number of this featurizer.</param>
public sealed class FeaturizerRehearsal(Workspace workspace, RehearsalPlan plan, int number)
{
    private const double EmbedShare = 0.15;
    private const double TokeniseShare = 0.25;
    private const int LloydIterations = 10;
    private readonly JobOptions _job = workspace.ReadJob();
    private readonly string _codebook = plan.Codebook.Length > 0 ? plan.Codebook : $"codebook-{number}";
    private readonly string _embeddings = $"{Workspace.Work}/embeddings-{number}";

    /// <summary>Does it.</summary>
    /// <exception cref="InvalidDataException">No structure of the sample can be used.</exception>
    public FeaturizerReading Run()
    {
        using var context = new FeaturizerContext(workspace, _job, node: $"featurizer-{number}");
        using var worker = new ChunkWorker(context);
        var catalogue = context.Catalogue(plan.Catalogue);
        var reading = new FeaturizerReading { ReadySeconds = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds };
        if (plan.Codebook.Length == 0)
        {
            reading = Cluster(worker, Embed(worker, catalogue, reading));
        }

        // Libraries are loaded and code is compiled by work that is not measured.
        worker.Run(Tokenise("warm-up"), 0, _ => { }, CancellationToken.None);
        var work = Tokenise(RehearsalPlan.TokensOf(number));
        var clock = Stopwatch.StartNew();
        var chunk = 0;
        for (; chunk < catalogue.ChunkCount && (chunk == 0 || clock.Elapsed.TotalSeconds < TokeniseShare * plan.Seconds); chunk++)
        {
            var done = worker.Run(work, chunk, _ => { }, CancellationToken.None);
            reading = reading with
            {
                Structures = reading.Structures + done.Structures + done.Quarantined,
                Refused = reading.Refused + done.Quarantined,
                Residues = reading.Residues + done.Residues,
                TokeniseSeconds = reading.TokeniseSeconds + done.Seconds,
                TokenBytes = reading.TokenBytes + done.Bytes,
            };
        }

        return reading.Residues == 0
            ? throw new InvalidDataException($"none of {reading.Structures} structures of the sample can be used; is corpus.structures what "
                + "it should be, and does corpus.minLength fit?")
            : reading with { Chunks = chunk, EmptyTokenBytes = EmptyTokenFile(catalogue), PeakBytes = ProcessMemory.Peak() };
    }

    private FeaturizerReading Embed(ChunkWorker worker, Catalogue catalogue, FeaturizerReading reading)
    {
        Directory.CreateDirectory(workspace.At(_embeddings));
        var work = new ChunkWork
        {
            WorkId = $"embed-{number}",
            Kind = WorkKind.Embed,
            Catalogue = plan.Catalogue,
            Output = _embeddings,
            Encoder = plan.Encoder,
            ResiduesPerStructure = _job.Codebook.ResiduesPerStructure,
            Seed = _job.Seed,
        };
        worker.Run(work, 0, _ => { }, CancellationToken.None);
        var clock = Stopwatch.StartNew();
        for (var chunk = 0; chunk < catalogue.ChunkCount && (chunk == 0 || clock.Elapsed.TotalSeconds < EmbedShare * plan.Seconds); chunk++)
        {
            var done = worker.Run(work, chunk, _ => { }, CancellationToken.None);
            reading = reading with
            {
                EmbeddedStructures = reading.EmbeddedStructures + done.Structures + done.Quarantined,
                EmbeddedResidues = reading.EmbeddedResidues + done.Residues,
                EmbedSeconds = reading.EmbedSeconds + done.Seconds,
                EmbeddingBytes = reading.EmbeddingBytes + done.Bytes,
            };
        }

        return reading.EmbeddedResidues > 1
            ? reading
            : throw new InvalidDataException($"none of {reading.EmbeddedStructures} structures of the sample can be used; is corpus.structures "
                + "what it should be, and does corpus.minLength fit?");
    }

    private FeaturizerReading Cluster(ChunkWorker worker, FeaturizerReading reading)
    {
        var points = Embeddings.Concat([.. Directory.EnumerateFiles(workspace.At(_embeddings)).Order().Select(f => EmbeddingsFile.Load(f).Points)]);
        var clusters = Math.Min(_job.Codebook.Clusters, points.Count / 2);
        KMeans.Lloyd(points, KMeans.PlusPlus(points, clusters, 1), 1);
        var clock = Stopwatch.StartNew();
        var start = KMeans.PlusPlus(points, clusters, 1);
        var started = clock.Elapsed.TotalSeconds;
        var found = KMeans.Lloyd(points, start, LloydIterations);
        var iterated = clock.Elapsed.TotalSeconds - started;
        var origin = new CodebookOrigin { Encoder = AtomicAutoencoder.IdentityOf(workspace.At(plan.Encoder)), Points = points.Count };
        new StructureCodebook(found.Centroids, origin).Save(workspace.At(_codebook));
        var pass = Pass(worker, found.Centroids);
        var work = (double)points.Count * clusters;
        return reading with
        {
            StartSeconds = started / work,
            IterationSeconds = iterated / work / (found.Iterations + 1),
            PassSecondsPerResidue = pass.Seconds / Math.Max(1, pass.Residues),
            PartialBytes = pass.Bytes,
        };
    }

    private ChunkResult Pass(ChunkWorker worker, Centroids centroids)
    {
        var pass = $"{Workspace.Work}/pass-{number}";
        Directory.CreateDirectory(workspace.At(pass));
        var file = $"{pass}/centroids.safetensors";
        ClusteringFiles.SaveCentroids(workspace.At(file), centroids);
        var work = new ChunkWork
        {
            WorkId = pass,
            Kind = WorkKind.Cluster,
            Catalogue = plan.Catalogue,
            Output = pass,
            Codebook = file,
            Embeddings = _embeddings,
        };
        worker.Run(work, 0, _ => { }, CancellationToken.None);
        return worker.Run(work, 0, _ => { }, CancellationToken.None);
    }

    private ChunkWork Tokenise(string output)
    {
        Directory.CreateDirectory(workspace.At(output));
        return new ChunkWork
        {
            WorkId = $"tokenise-{number}",
            Kind = WorkKind.Tokenise,
            Catalogue = plan.Catalogue,
            Output = output,
            Encoder = plan.Encoder,
            Codebook = _codebook,
            Features = FeatureStage.Wanted(_job),
        };
    }

    // What a token file takes before its first chain.
    private long EmptyTokenFile(Catalogue catalogue)
    {
        var refused = new QuarantinedStructure(0, "", "", "");
        var header = new TokenFileHeader(catalogue.Id, 0, new PositionRange(0, 1), catalogue.Id, "0.1.0", [Tokeniser.Teacher]);
        return TokenFileWriter.Write(workspace.At($"empty-{number}.arrow"), header, [], [refused]).Bytes;
    }
}
