using System.Diagnostics;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.Featurizer;
using Ism.GpuTrainer.Samples;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;
using Ism.Structures;

namespace Ism.Cli.Estimation;

/// <summary>Samples of a stage as a featurizer would serve them, made of the sample's structures or token files in the order of a run.
/// </summary>
public sealed class RehearsalSamples : IDisposable
{
    // <cls> and <eos>.
    private const int Ends = 2;
    private readonly JobOptions _job;
    private readonly TrainingStage _stage;
    private readonly SampleOrder _order;
    private readonly MicroenvironmentFinder _finder;
    private readonly Dictionary<long, Structure> _structures = [];
    private readonly List<TokenFile> _files = [];
    private readonly List<ChunkLengths> _lengths = [];
    private long _next;

    /// <summary>Reads structures, or opens token files.</summary>
    /// <exception cref="InvalidDataException">There is none that can be used.</exception>
    public RehearsalSamples(Workspace workspace, JobOptions job, TrainingStage stage)
    {
        (_job, _stage) = (job, stage);
        using var context = new FeaturizerContext(workspace, job, node: "samples");
        _finder = context.NewFinder();
        var catalogue = context.Catalogue(stage.Catalogue);
        var count = stage.Samples == SampleKind.Tokens ? OpenTokens(workspace, catalogue) : Read(context, catalogue);
        _order = new SampleOrder(count, catalogue.ChunkSize, stage.Seed, job.Corpus.WindowChunks);
    }

    /// <summary>Samples made so far.</summary>
    public long Made { get; private set; }

    /// <summary>Seconds of making them.</summary>
    public double Seconds { get; private set; }

    /// <summary>What a crop of so many residues costs; samples are shared out by it as in a run. Null: by count.</summary>
    public Func<int, long>? Cost { get; set; }

    /// <summary>A rank's share of the next <paramref name="count"/> samples a rank that can be learned from.</summary>
    public IReadOnlyList<FetchedSample> Next(int count, int rank, int world)
    {
        var clock = Stopwatch.StartNew();
        var share = new List<FetchedSample>();
        if (Cost is not null)
        {
            share.AddRange(Shared(ref _next, count, world)[rank].Select(p => new FetchedSample(p, Bytes(p)!)));
        }

        while (Cost is null && share.Count < count)
        {
            var position = _order.Positions(_next++, 1)[0];
            if (_next % world == rank && Bytes(position) is { Length: > 0 } bytes)
            {
                share.Add(new FetchedSample(position, bytes));
            }
        }

        Made += share.Count;
        Seconds += clock.Elapsed.TotalSeconds;
        return share;
    }

    /// <summary>The heaviest of all ranks' shares in so many batches to come: what memory must suffice for. As samples, and the tokens of
    /// its largest micro-batch.</summary>
    public (IReadOnlyList<FetchedSample> Share, long Tokens) Heaviest(int count, int world, long batches)
    {
        var (heaviest, most, next) = (Array.Empty<SamplePosition>(), -1L, _next);
        for (var batch = 0L; batch < batches; batch++)
        {
            foreach (var share in Shared(ref next, count, world))
            {
                var tokens = Math.Min(_job.Tuning.TokensPerMicroBatch, share.Sum(p => (long)LengthOf(p) + Ends));
                (heaviest, most) = tokens > most ? (share, tokens) : (heaviest, most);
            }
        }

        return ([.. heaviest.Select(p => new FetchedSample(p, Bytes(p)!))], most);
    }

    /// <summary>Seconds of reading one structure; 0 where samples come from token files.</summary>
    public double ReadSeconds { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(f => f.Dispose());

    // The same on every rank.
    private SamplePosition[][] Shared(ref long next, int count, int world)
    {
        var batch = new List<SamplePosition>();
        while (batch.Count < count * world)
        {
            var position = _order.Positions(next++, 1)[0];
            if (LengthOf(position) > 0)
            {
                batch.Add(position);
            }
        }

        return [.. WorkShares.Of([.. batch.Select(p => Cost!(LengthOf(p)))], world).Select(share => share.Select(i => batch[i]).ToArray())];
    }

    private int LengthOf(SamplePosition p) => _lengths[p.Chunk].CropLength(p.Row, p.DrawKey, _job.Tuning.Crop);

    private long OpenTokens(Workspace workspace, Catalogue catalogue)
    {
        var folder = workspace.At(_stage.Tokens);
        for (var chunk = 0; chunk < catalogue.ChunkCount && File.Exists(TokenFile.PathOf(folder, chunk)); chunk++)
        {
            _files.Add(TokenFile.Open(TokenFile.PathOf(folder, chunk)));
            _lengths.Add(ChunkLengths.Of(_files[^1]));
        }

        return _files.Exists(f => f.RowCount > 0)
            ? _files.Sum(f => (long)f.Header.Positions.Count)
            : throw new InvalidDataException($"{folder} holds no token file with a chain to learn from");
    }

    private long Read(FeaturizerContext context, Catalogue catalogue)
    {
        var positions = new Dictionary<StructureEntry, long>();
        for (var position = 0L; position < catalogue.Count; position++)
        {
            positions[catalogue.EntryOf(position)] = position;
        }

        var clock = Stopwatch.StartNew();
        foreach (var (entry, structure, _) in StructureBatch.Read([.. positions.Keys], context.Reading))
        {
            if (structure is not null)
            {
                _structures[positions[entry]] = structure;
            }
        }

        ReadSeconds = clock.Elapsed.TotalSeconds / catalogue.Count;
        return _structures.Count > 0
            ? catalogue.Count
            : throw new InvalidDataException($"none of {catalogue.Count} structures of the sample can be read");
    }

    private byte[]? Bytes(SamplePosition position)
    {
        if (_stage.Samples == SampleKind.Tokens)
        {
            return TokenCrop.Draw(_files[position.Chunk], position.Position, position.DrawKey, _job.Tuning.Crop)?.ToBytes();
        }

        return _structures.TryGetValue(position.Position, out var structure)
            ? EnvironmentDraw.ToBytes(EnvironmentDraw.Draw(_finder, structure, position.DrawKey, _job.Autoencoder.ResiduesPerStructure))
            : null;
    }
}
