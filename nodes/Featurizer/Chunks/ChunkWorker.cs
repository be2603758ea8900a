using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Text.Json;
using Ism.Corpus;
using Ism.Corpus.Alignments;
using Ism.Corpus.Teachers;
using Ism.Featurizer.Isolation;
using Ism.Featurizer.Metrics;
using Ism.Featurizer.Threads;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Featurizer.Chunks;

/// <summary>What came of a chunk's work; the file stands under its final name.</summary>
public sealed record ChunkResult(string Sha256, long Bytes, int Structures, int Quarantined, long Residues, double Seconds)
{
    /// <summary>How many structures were refused for each reason.</summary>
    public IReadOnlyDictionary<string, int> Reasons { get; init; } = ReadOnlyDictionary<string, int>.Empty;
}

/// <summary>
/// Does one kind of work on one chunk: structures in, a result file out. Doing it twice gives the same bytes, also when structures had
/// to be tried alone. Runs on the compute thread; reports structures done as it goes, and stops between structures when cancelled.
/// </summary>
public sealed class ChunkWorker(FeaturizerContext context, UnderWay underWay) : IDisposable
{
    private readonly EncoderCache _cache = new(context.Encoding);
    private ChunkTimes _times = new();

    /// <summary>A worker that nobody watches.</summary>
    public ChunkWorker(FeaturizerContext context)
        : this(context, new UnderWay())
    {
    }

    /// <summary>The result file of a chunk.</summary>
    public static string ResultPath(Workspace workspace, ChunkWork work, int chunk) => work.Kind switch
    {
        WorkKind.Tokenise => TokenFile.PathOf(workspace.At(work.Output), chunk),
        WorkKind.Profile => ProfileFile.PathOf(workspace.At(work.Output), chunk),
        _ => EmbeddingsFile.PathOf(workspace.At(work.Output), chunk),
    };

    /// <summary>Does the work.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="chunk">With which chunk.</param>
    /// <param name="progress">Told structures done.</param>
    /// <param name="cancel">Stops between two structures.</param>
    /// <param name="trace">The lease's span (traceparent); empty for none.</param>
    /// <exception cref="IOException">The structures cannot be read, the result cannot be written, or encoder or codebook cannot be
    /// read.</exception>
    /// <exception cref="InvalidDataException">Encoder or codebook are damaged or do not belong together.</exception>
    public ChunkResult Run(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel, string trace = "")
    {
        var clock = Stopwatch.StartNew();
        var span = ChunkTraces.Begin(work, chunk, trace);
        _times = new ChunkTimes();
        try
        {
            if (new StoredResults(context).Take(work, chunk, cancel) is { } made)
            {
                progress(made.Structures + made.Quarantined);
                ChunkTraces.End(span, _times, null);
                return made;
            }

            StoredResults.Gather(context.Workspace, work, chunk);
            var result = work.Kind switch
            {
                WorkKind.Embed => Embed(work, chunk, progress, cancel),
                WorkKind.Cluster => Cluster(work, chunk),
                WorkKind.Tokenise => Tokenise(work, chunk, progress, cancel),
                WorkKind.Profile => Profile(work, chunk, progress, cancel),
                _ => throw new InvalidDataException($"unknown kind of work {work.Kind}; the coordinator may run another version"),
            };
            context.Workspace.Keep(ResultPath(context.Workspace, work, chunk), cancel);
            _times.HasWritten();
            FeaturizerMetrics.Finished(work.Kind, result.Residues, result.Reasons, _times);
            ChunkTraces.End(span, _times, null);
            return result with { Seconds = clock.Elapsed.TotalSeconds };
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException)
            {
                FeaturizerMetrics.Failed(_times);
            }

            ChunkTraces.End(span, _times, e);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private ChunkHarvest<StructureProduct> Products(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel)
    {
        var key = new ChunkKey(work.Catalogue, chunk);
        using var structures = StructureWork.Of(context, _cache, work);
        var trial = new SuspectTrial(context);
        var meter = new StructureMeter(work.Kind, _times, structures);
        return new ChunkPass<PreparedStructure, StructureProduct>(
            context, underWay, key, work.WorkId, structures.SharesCores ? context.Job.Featurizing.ReadAhead : 0, meter)
            .Run(structures.Prepare, structures.Finish, Alone, progress, cancel);

        AloneOutcome<StructureProduct> Alone(long position)
        {
            var result = trial.Run(key, position, work, cancel);
            return new(result.Refused is null ? result.Product() : null, result.Refused);
        }
    }

    private ChunkResult Embed(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel)
    {
        var harvest = Products(work, chunk, progress, cancel);
        var parts = harvest.Values.Values.Select(p => p.Points).ToList();
        var width = _cache.Encoder(context.Workspace.At(work.Encoder)).Encoder.Width;
        var embeddings = parts.Count > 0 ? Embeddings.Concat(parts) : new Embeddings(Array.Empty<float>(), width);
        var refused = harvest.Refused.Values.ToList();
        var file = new EmbeddingsFile(embeddings, parts.Count, refused.Count, JsonSerializer.Serialize(refused));
        var path = ResultPath(context.Workspace, work, chunk);
        var sha = file.Save(path);
        return new ChunkResult(sha, new FileInfo(path).Length, parts.Count, refused.Count, embeddings.Count, 0)
        {
            Reasons = ByReason(refused),
        };
    }

    private ChunkResult Cluster(ChunkWork work, int chunk)
    {
        var embeddings = EmbeddingsFile.Load(EmbeddingsFile.PathOf(context.Workspace.At(work.Embeddings), chunk));
        var centroids = ClusteringFiles.LoadCentroids(context.Workspace.At(work.Codebook));
        var path = ResultPath(context.Workspace, work, chunk);
        var sha = ClusteringFiles.SavePartial(path, KMeansPartial.Of(embeddings.Points, centroids));
        return new ChunkResult(sha, new FileInfo(path).Length, embeddings.Structures, embeddings.Quarantined, embeddings.Points.Count, 0);
    }

    private ChunkResult Profile(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel)
    {
        var harvest = Products(work, chunk, progress, cancel);
        var rows = harvest.Values.OrderBy(made => made.Key).SelectMany(made => made.Value.Profiles.Select(profile => (made.Key, profile))).ToList();
        var (sha, bytes) = ProfileFile.Write(ResultPath(context.Workspace, work, chunk), rows);
        var residues = rows.Where(row => row.profile.IsKnown).Sum(row => (long)row.profile.Length);
        return new ChunkResult(sha, bytes, harvest.Values.Count, harvest.Refused.Count, residues, 0) { Reasons = ByReason([.. harvest.Refused.Values]) };
    }

    private ChunkResult Tokenise(ChunkWork work, int chunk, Action<int> progress, CancellationToken cancel)
    {
        var path = ResultPath(context.Workspace, work, chunk);
        var cache = new TokenCache(context, context.Note);
        if (cache.Take(work, chunk, path) is { } cached)
        {
            progress(cached.Summary.Structures + cached.Summary.Quarantined);
            return Result(cached.Summary, cached.Refused);
        }

        // Before the work: what cannot be read is said at once.
        var teachers = work.Teachers.Select(teacher => (teacher.Name, TeacherPart.Load(context.Workspace.At(teacher.Folder), chunk))).ToArray();
        var harvest = Products(work, chunk, progress, cancel);
        var summary = Tokeniser.Write(
            context.Catalogue(work.Catalogue), chunk, context.Workspace.At(work.Codebook), path,
            harvest.Values.Values.SelectMany(p => p.Rows), harvest.Refused.Values, teachers, [.. work.Encoders.Select(further => further.Name)],
            work.Features ? _cache.Encoder(context.Workspace.At(work.Encoder)).Encoder.Width : 0);
        cache.Keep(work, chunk, path, harvest.Refused.Values);
        return Result(summary, harvest.Refused.Values);

        static ChunkResult Result(TokenFileSummary summary, IReadOnlyCollection<QuarantinedStructure> refused) =>
            new(summary.Sha256, summary.Bytes, summary.Structures, summary.Quarantined, summary.Residues, 0) { Reasons = ByReason(refused) };
    }

    /// <summary>How many structures were refused for each reason.</summary>
    internal static IReadOnlyDictionary<string, int> ByReason(IReadOnlyCollection<QuarantinedStructure> refused) => refused.Count == 0
        ? ReadOnlyDictionary<string, int>.Empty
        : refused.GroupBy(r => r.Reason).ToDictionary(g => g.Key, g => g.Count());
}
