using System.Collections.Concurrent;
using Ism.Corpus;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Featurizer;

/// <summary>What all chunk entities of a node share: the job, its files, worker threads and caches.</summary>
public sealed class FeaturizerContext : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Catalogue>> _catalogues = new();

    /// <summary>The context of one featurizer.</summary>
    public FeaturizerContext(Workspace workspace, JobOptions job)
    {
        Workspace = workspace;
        Job = job;
        Reading = new StructureReaderOptions { MinLength = job.Corpus.MinLength, MaxLength = job.Corpus.MaxLength };
    }

    /// <summary>Where the job's files lie.</summary>
    public Workspace Workspace { get; }

    /// <summary>The resolved job.</summary>
    public JobOptions Job { get; }

    /// <summary>Limits of reading structures.</summary>
    public StructureReaderOptions Reading { get; }

    /// <summary>Does chunk work: reads, embeds, assigns. The only thread here that uses torch.</summary>
    public WorkerThread Compute { get; } = new("featurizing");

    /// <summary>Answers requests for samples, so that a trainer never waits for chunk work.</summary>
    public WorkerThread Serving { get; } = new("serving");

    /// <summary>A catalogue by its folder name; opened once.</summary>
    public Catalogue Catalogue(string folder) => _catalogues.GetOrAdd(
        folder, f => new Lazy<Catalogue>(() => Corpus.Catalogue.Open(Workspace.At(Workspace.Catalogues, f)))).Value;

    /// <summary>A new finder with the job's radius and cap; one per thread.</summary>
    public MicroenvironmentFinder NewFinder() => new(Job.Corpus.Radius, Job.Corpus.MaxAtoms);

    /// <inheritdoc/>
    public void Dispose()
    {
        Compute.Dispose();
        Serving.Dispose();
    }
}
