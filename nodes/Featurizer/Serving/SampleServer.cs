using System.Buffers;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.Featurizer.Chunks;
using Ism.Protocol.Samples;
using Ism.Structures;

namespace Ism.Featurizer.Serving;

/// <summary>Builds the answers to requests for samples from token files and structures, which it keeps for a while. For the serving
/// thread.</summary>
public sealed class SampleServer(FeaturizerContext context) : IDisposable
{
    private const int CachedTokenFiles = 64;
    private const int CachedStructureChunks = 8;
    private readonly RecentCache<string, TokenFile> _tokenFiles = new(CachedTokenFiles, f => f.Dispose());
    private readonly RecentCache<(string Catalogue, int Chunk), Structure?[]> _structures = new(CachedStructureChunks, _ => { });
    private readonly MicroenvironmentFinder _finder = context.NewFinder();

    /// <summary>The answer's whole byte stream (<see cref="SamplePayload"/>), or null when the chunk's token file does not exist yet.
    /// </summary>
    /// <exception cref="InvalidDataException">The token file is damaged.</exception>
    public byte[]? Answer(FetchSamples request) => request.Kind switch
    {
        SampleKind.Tokens => Tokens(request),
        SampleKind.Environments => Environments(request),
        _ => throw new InvalidDataException($"unknown kind of samples {request.Kind}; the trainer may run another version"),
    };

    /// <inheritdoc/>
    public void Dispose() => _tokenFiles.Dispose();

    private byte[]? Tokens(FetchSamples request)
    {
        var path = TokenFile.PathOf(context.Workspace.At(request.Tokens), request.Key.Chunk);
        if (!File.Exists(path))
        {
            return null;
        }

        var file = _tokenFiles.GetOrAdd(path, TokenFile.Open);
        var first = file.Header.Positions.First;
        var stream = new ArrayBufferWriter<byte>();
        for (var i = 0; i < request.Rows.Length; i++)
        {
            var crop = TokenCrop.Draw(file, first + request.Rows[i], request.DrawKeys[i], request.Limit);
            SamplePayload.Append(stream, request.Rows[i], crop is null ? [] : crop.ToBytes());
        }

        return stream.WrittenSpan.ToArray();
    }

    private byte[] Environments(FetchSamples request)
    {
        var structures = _structures.GetOrAdd((request.Key.Catalogue, request.Key.Chunk), key =>
        {
            var read = ChunkStructures.Read(context.Catalogue(key.Catalogue), key.Chunk, context.Reading);
            return [.. read.OrderBy(s => s.Row).Select(s => s.Structure)];
        });
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
}
