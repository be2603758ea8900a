using System.Buffers;
using System.Diagnostics;
using Ism.Corpus;
using Ism.Corpus.Alignments;
using Ism.Corpus.Streaming;
using Ism.Featurizer.Metrics;
using Ism.Featurizer.Threads;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;
using Ism.Structures;

namespace Ism.Featurizer.Serving;

/// <summary>Builds the answers to requests for samples from token files and structures, which it keeps for a while. For the serving
/// thread.</summary>
public sealed class SampleServer(FeaturizerContext context, UnderWay underWay) : IDisposable
{
    private const int CachedTokenFiles = 64;
    private const int CachedStructureChunks = 8;
    private static readonly TimeSpan AskStorageEvery = TimeSpan.FromSeconds(3);
    private readonly RecentCache<(string Path, DateTime Written, long Bytes), TokenFile> _tokenFiles = new(
        CachedTokenFiles, f => f.Dispose(), found => FeaturizerMetrics.Looked("tokens", found));
    private readonly RecentCache<ChunkKey, Structure?[]> _structures = new(
        CachedStructureChunks, _ => { }, found => FeaturizerMetrics.Looked("structures", found));
    private readonly RecentCache<string, ProfileFile> _profiles = new(
        CachedStructureChunks, _ => { }, found => FeaturizerMetrics.Looked("profiles", found));
    private readonly ServedStructures _reading = new(context, underWay);
    private readonly MicroenvironmentFinder _finder = context.NewFinder();
    private readonly Dictionary<string, long> _missed = [];

    /// <summary>A server that nobody watches.</summary>
    public SampleServer(FeaturizerContext context)
        : this(context, new UnderWay())
    {
    }

    /// <summary>The answer's whole byte stream (<see cref="SamplePayload"/>, or <see cref="ChunkLengths"/>), or null when the chunk's token file does not exist yet.
    /// </summary>
    /// <exception cref="InvalidDataException">The token file is damaged; <see cref="FeaturizerContext.Damaged"/> has been told.
    /// </exception>
    public byte[]? Answer(FetchSamples request) => request.Kind switch
    {
        SampleKind.Tokens => Tokens(request),
        SampleKind.Environments => Environments(request),
        SampleKind.ProfiledEnvironments => Profiled(request),
        SampleKind.Lengths => Opened(request) is { } file ? ChunkLengths.Of(file).ToBytes() : null,
        _ => throw new InvalidDataException($"unknown kind of samples {request.Kind}; the trainer may run another version"),
    };

    /// <inheritdoc/>
    public void Dispose() => _tokenFiles.Dispose();

    private byte[]? Tokens(FetchSamples request)
    {
        if (Opened(request) is not { } file)
        {
            return null;
        }

        var first = file.Header.Positions.First;
        var stream = new ArrayBufferWriter<byte>();
        for (var i = 0; i < request.Rows.Length; i++)
        {
            var crop = TokenCrop.Draw(file, first + request.Rows[i], request.DrawKeys[i], request.Limit);
            SamplePayload.Append(stream, request.Rows[i], crop is null ? [] : crop.ToBytes());
        }

        return stream.WrittenSpan.ToArray();
    }

    private TokenFile? Opened(FetchSamples request)
    {
        var found = new FileInfo(TokenFile.PathOf(context.Workspace.At(request.Tokens), request.Key.Chunk));
        if (!found.Exists && Bring(found.FullName))
        {
            found.Refresh();
        }

        return found.Exists ? Open(found, request) : null;
    }

    // Trainers ask again four times a second for what is still to be made; the storage is not asked that often.
    private bool Bring(string path)
    {
        if (context.Workspace.Store is null || (_missed.TryGetValue(path, out var last) && Stopwatch.GetElapsedTime(last) < AskStorageEvery))
        {
            return false;
        }

        try
        {
            if (context.Workspace.Bring(path, patient: false))
            {
                _missed.Remove(path);
                return true;
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            context.Note($"{path} could not be fetched: {e.Message}");
        }

        _missed[path] = Stopwatch.GetTimestamp();
        return false;
    }

    // A file that has been written since is another one: made again, or damaged by whoever wrote it.
    private TokenFile Open(FileInfo found, FetchSamples request)
    {
        try
        {
            return _tokenFiles.GetOrAdd((found.FullName, found.LastWriteTimeUtc, found.Length), key => TokenFile.Open(key.Path));
        }
        catch (InvalidDataException e)
        {
            context.Damaged(new ChunkDamaged(request.Key, request.Tokens, e.Message));
            throw;
        }
    }

    private byte[] Environments(FetchSamples request)
    {
        var structures = _structures.GetOrAdd(request.Key, _reading.Read);
        var stream = new ArrayBufferWriter<byte>();
        for (var i = 0; i < request.Rows.Length; i++)
        {
            var drawn = structures[request.Rows[i]] is { } structure
                ? EnvironmentDraw.ToBytes(EnvironmentDraw.Draw(_finder, structure, request.DrawKeys[i], request.Limit))
                : [];
            SamplePayload.Append(stream, request.Rows[i], drawn);
        }

        return stream.WrittenSpan.ToArray();
    }

    // The profiles of all chunks are made before training begins, and none is made again while it runs.
    private byte[]? Profiled(FetchSamples request)
    {
        var path = ProfileFile.PathOf(context.Workspace.At(request.Tokens), request.Key.Chunk);
        if (!File.Exists(path) && !Bring(path))
        {
            return null;
        }

        var profiles = _profiles.GetOrAdd(path, ProfileFile.Read);
        var structures = _structures.GetOrAdd(request.Key, _reading.Read);
        var first = context.Catalogue(request.Key.Catalogue).PositionsOf(request.Key.Chunk).First;
        var stream = new ArrayBufferWriter<byte>();
        for (var i = 0; i < request.Rows.Length; i++)
        {
            var drawn = structures[request.Rows[i]] is { } structure
                ? ProfiledDraw.Draw(_finder, structure, profiles.Of(first + request.Rows[i]), request.DrawKeys[i], request.Limit)
                : null;
            SamplePayload.Append(stream, request.Rows[i], drawn?.ToBytes() ?? []);
        }

        return stream.WrittenSpan.ToArray();
    }
}
