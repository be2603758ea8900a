using System.Collections.Concurrent;
using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Isolation;
using Ism.Featurizer.Serving;
using Ism.Featurizer.Threads;
using Ism.Models.Autoencoder;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Structures;
using Ism.Structures.Alignments;
using TorchSharp;

namespace Ism.Featurizer;

/// <summary>What all chunk entities of a node share: the job, its files, worker threads and caches.</summary>
public sealed class FeaturizerContext : IDisposable
{
    /// <summary>Abandoned threads that still hang, after which the node ends itself: each keeps a core and memory busy.</summary>
    public const int MostHanging = 3;

    private readonly ConcurrentDictionary<string, Lazy<Catalogue>> _catalogues = new();
    private readonly Lazy<CoreShare> _cores;
    private readonly Lock _listing = new();
    private AlignmentFolder? _alignments;
    private int _hanging;

    /// <summary>The context of one featurizer.</summary>
    /// <param name="workspace">Where the job's files lie.</param>
    /// <param name="job">The resolved job.</param>
    /// <param name="isolation">Tries a structure alone; null: in this process.</param>
    /// <param name="node">Name of this node, for records.</param>
    public FeaturizerContext(Workspace workspace, JobOptions job, IIsolation? isolation = null, string node = "featurizer")
    {
        Workspace = workspace;
        Job = job;
        Node = node;
        Isolation = isolation ?? new InProcessIsolation(this);
        Reading = new StructureReaderOptions
        {
            MinLength = job.Corpus.MinLength,
            MaxLength = job.Corpus.MaxLength,
            MaxFileBytes = (long)job.Corpus.MaxFileMegabytes << 20,
            MaxContentBytes = (long)job.Corpus.MaxContentMegabytes << 20,
            MaxAtoms = job.Corpus.MaxStructureAtoms,
        };
        _cores = new Lazy<CoreShare>(() => new CoreShare(
            job.Cluster.ThreadsPerFeaturizer > 0 ? job.Cluster.ThreadsPerFeaturizer : torch.get_num_threads()));
        var limit = TimeSpan.FromSeconds(job.Corpus.StructureSeconds);
        Compute = new WatchedWorker<ChunkWorker>("featurizing", u => new ChunkWorker(this, u), limit, OnAbandoned, OnReturned);
        Serving = new WatchedWorker<SampleServer>("serving", u => new SampleServer(this, u), limit, OnAbandoned, OnReturned);
    }

    /// <summary>Where the job's files lie.</summary>
    public Workspace Workspace { get; }

    /// <summary>The resolved job.</summary>
    public JobOptions Job { get; }

    /// <summary>Name of this node.</summary>
    public string Node { get; }

    /// <summary>Limits of reading structures.</summary>
    public StructureReaderOptions Reading { get; }

    /// <summary>Precision and threads of encoders.</summary>
    public EncoderOptions Encoding => new()
    {
        Precision = Job.Featurizing.Precision == FeaturizingOptions.BFloat16 ? EncoderPrecision.BFloat16 : EncoderPrecision.Float32,
        Threads = Job.Cluster.ThreadsPerFeaturizer,
        Cores = Cores,
    };

    /// <summary>The cores of the compute thread's work: those that the encoder computes on and the one that reads ahead beside it.</summary>
    public CoreShare Cores => _cores.Value;

    /// <summary>The job's alignments, listed at the first use.</summary>
    /// <exception cref="IOException">The folder cannot be listed.</exception>
    public AlignmentFolder Alignments
    {
        get
        {
            lock (_listing)
            {
                return _alignments ??= new AlignmentFolder(Job.Mutrank.Alignments);
            }
        }
    }

    /// <summary>Tries suspect structures alone.</summary>
    public IIsolation Isolation { get; init; }

    /// <summary>Limits of trying a structure alone.</summary>
    public IsolationLimits AloneLimits => new(TimeSpan.FromSeconds(Job.Corpus.StructureSeconds), Job.Corpus.StructureMegabytes);

    /// <summary>Pauses between tries at bytes that the storage does not give.</summary>
    public IReadOnlyList<TimeSpan> AccessPauses { get; init; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    /// <summary>Folder of the records of what is under way.</summary>
    public string AttemptsFolder => Workspace.At(Workspace.Attempts);

    /// <summary>Told when a thread is given up, with what took too long on it. Any thread.</summary>
    public Action<string> Abandoned { get; set; } = _ => { };

    /// <summary>Told what people may want to know and nothing hangs on. Any thread.</summary>
    public Action<string> Note { get; set; } = _ => { };

    /// <summary>Told, with a message for people, that too many threads hang for this node to be of use. Any thread.</summary>
    public Action<string> GivingUp { get; set; } = _ => { };

    /// <summary>Told of a token file that cannot be read. Any thread.</summary>
    public Action<ChunkDamaged> Damaged { get; set; } = _ => { };

    /// <summary>Does chunk work: reads, embeds, assigns. The only thread here that uses torch, beside those of its encoder.</summary>
    public WatchedWorker<ChunkWorker> Compute { get; }

    /// <summary>Answers requests for samples, so that a trainer never waits for chunk work.</summary>
    public WatchedWorker<SampleServer> Serving { get; }

    /// <summary>A catalogue by its folder name; opened once.</summary>
    public Catalogue Catalogue(string folder)
    {
        var opened = _catalogues.GetOrAdd(
            folder, f => new Lazy<Catalogue>(() =>
            {
                Workspace.BringFolder($"{Workspace.Catalogues}/{f}");
                return Corpus.Catalogue.Open(Workspace.At(Workspace.Catalogues, f));
            }));
        try
        {
            return opened.Value;
        }
        catch
        {
            // A folder that was away for a moment must not be away for ever.
            _catalogues.TryRemove(KeyValuePair.Create(folder, opened));
            throw;
        }
    }

    /// <summary>A new finder with the job's radius and cap; one per thread.</summary>
    public MicroenvironmentFinder NewFinder() => new(Job.Corpus.Radius, Job.Corpus.MaxAtoms);

    /// <inheritdoc/>
    public void Dispose()
    {
        Compute.Dispose();
        Serving.Dispose();
    }

    private void OnAbandoned(string what)
    {
        var hanging = Interlocked.Increment(ref _hanging);
        Abandoned($"{what} has taken longer than {Job.Corpus.StructureSeconds:0.###} s (corpus.structureSeconds); its thread is given up, "
            + "the chunk is begun again and the structure tried alone");
        if (hanging == MostHanging)
        {
            GivingUp($"{hanging} threads hang, the last on {what}; this node ends itself, so that it can be started afresh");
        }
    }

    private void OnReturned() => Interlocked.Decrement(ref _hanging);
}
