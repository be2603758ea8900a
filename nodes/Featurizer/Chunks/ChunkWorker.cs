using System.Diagnostics;
using System.Text.Json;
using Ism.Corpus;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Structures;
using Ism.Structures.Numerics;

namespace Ism.Featurizer.Chunks;

/// <summary>What came of a chunk's work; the file stands under its final name.</summary>
public sealed record ChunkResult(string Sha256, int Structures, int Quarantined, long Residues, double Seconds);

/// <summary>
/// Does one kind of work on one chunk: structures in, a result file out. Doing it twice gives the same bytes. Runs on the compute
/// thread; reports structures done as it goes, and stops between structures when cancelled.
/// </summary>
public sealed class ChunkWorker : IDisposable
{
    private readonly FeaturizerContext _context;
    private readonly EncoderCache _cache = new();
    private readonly Tokeniser _tokeniser;

    /// <summary>A worker of a node.</summary>
    public ChunkWorker(FeaturizerContext context)
    {
        _context = context;
        _tokeniser = new Tokeniser(context.Reading, _cache);
    }

    /// <summary>Does the work.</summary>
    /// <exception cref="IOException">The result cannot be written, or encoder or codebook cannot be read.</exception>
    /// <exception cref="InvalidDataException">Encoder or codebook are damaged or do not belong together.</exception>
    public ChunkResult Run(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var result = work.Kind switch
        {
            WorkKind.Embed => Embed(work, chunk, progress, cancel),
            WorkKind.Cluster => Cluster(work, chunk),
            WorkKind.Tokenise => Tokenise(work, chunk, progress, cancel),
            _ => throw new InvalidDataException($"unknown kind of work {work.Kind}; the coordinator may run another version"),
        };
        return result with { Seconds = clock.Elapsed.TotalSeconds };
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private ChunkResult Embed(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel)
    {
        var catalogue = _context.Catalogue(work.Catalogue);
        var (encoder, _, finder) = _cache.Encoder(_context.Workspace.At(work.Encoder));
        var parts = new List<Embeddings>();
        var refused = new List<QuarantinedStructure>();
        foreach (var entry in ChunkStructures.Read(catalogue, chunk, _context.Reading))
        {
            cancel.ThrowIfCancellationRequested();
            if (entry.Structure is { } structure)
            {
                parts.Add(encoder.Embed(Drawn(work, entry.Position, structure, finder)));
            }
            else if (entry.Refused is { } reason)
            {
                refused.Add(reason);
            }

            progress(entry.Row + 1);
        }

        var embeddings = parts.Count > 0 ? Embeddings.Concat(parts) : new Embeddings(Array.Empty<float>(), encoder.Width);
        var file = new EmbeddingsFile(embeddings, parts.Count, refused.Count, JsonSerializer.Serialize(refused));
        var sha = file.Save(EmbeddingsFile.PathOf(_context.Workspace.At(work.Output), chunk));
        return new ChunkResult(sha, parts.Count, refused.Count, embeddings.Count, 0);
    }

    private static List<Microenvironment> Drawn(ChunkWork work, long position, Structure structure, MicroenvironmentFinder finder)
    {
        finder.Use(structure);
        var residues = structure.Chains.SelectMany(c => c.ResidueIndices).ToArray();
        var key = CounterRandom.Key((ulong)work.Seed, (ulong)position);
        return [.. Draws.Residues(key, residues.Length, work.ResiduesPerStructure).Select(i => finder.Find(residues[i]))];
    }

    private ChunkResult Cluster(ChunkWork work, int chunk)
    {
        var embeddings = EmbeddingsFile.Load(EmbeddingsFile.PathOf(_context.Workspace.At(work.Embeddings), chunk));
        var centroids = ClusteringFiles.LoadCentroids(_context.Workspace.At(work.Codebook));
        var path = EmbeddingsFile.PathOf(_context.Workspace.At(work.Output), chunk);
        var sha = ClusteringFiles.SavePartial(path, KMeansPartial.Of(embeddings.Points, centroids));
        return new ChunkResult(sha, embeddings.Structures, embeddings.Quarantined, embeddings.Points.Count, 0);
    }

    private ChunkResult Tokenise(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel)
    {
        var path = TokenFile.PathOf(_context.Workspace.At(work.Output), chunk);
        var summary = _tokeniser.Run(
            _context.Catalogue(work.Catalogue), chunk, _context.Workspace.At(work.Encoder), _context.Workspace.At(work.Codebook), path,
            progress, cancel);
        return new ChunkResult(summary.Sha256, summary.Structures, summary.Quarantined, summary.Residues, 0);
    }
}
