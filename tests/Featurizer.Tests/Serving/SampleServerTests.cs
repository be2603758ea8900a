using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Serving;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;

namespace Ism.Featurizer.Tests.Serving;

public sealed class SampleServerTests : IClassFixture<FeaturizerWorkspace>, IDisposable
{
    private const int Crop = 20;
    private readonly FeaturizerWorkspace _place;
    private readonly SampleServer _server;

    public SampleServerTests(FeaturizerWorkspace place)
    {
        _place = place;
        _server = new SampleServer(place.Context);
        using var worker = new ChunkWorker(place.Context);
        worker.Run(place.Tokenising("tokens"), 1, _ => { }, CancellationToken.None);
    }

    [Fact]
    public void Should_serve_the_crops_that_a_reader_of_the_token_file_would_draw()
    {
        var request = Request(SampleKind.Tokens, [2, 0, 2], [11, 12, 13], Crop);
        var samples = SamplePayload.Split(_server.Answer(request)!).ToList();

        using var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens"), 1));
        Assert.Equal([2, 0, 2], samples.Select(s => s.Row));
        for (var i = 0; i < samples.Count; i++)
        {
            var expected = TokenCrop.Draw(file, FeaturizerWorkspace.ChunkSize + request.Rows[i], request.DrawKeys[i], Crop)!;
            Assert.Equal(expected.ToBytes(), samples[i].Sample.ToArray());
        }
    }

    [Theory]
    [InlineData(SampleKind.Tokens)]
    [InlineData(SampleKind.Environments)]
    public void Should_give_an_empty_sample_for_a_quarantined_structure(SampleKind kind)
    {
        var samples = SamplePayload.Split(_server.Answer(Request(kind, [1, 3], [5, 6], 4))!).ToList();

        Assert.Equal([1, 3], samples.Select(s => s.Row));
        Assert.NotEqual(0, samples[0].Sample.Length);
        Assert.Equal(0, samples[1].Sample.Length);
    }

    [Fact]
    public void Should_serve_the_environments_that_the_visit_draws()
    {
        var request = Request(SampleKind.Environments, [0, 2], [21, 22], 4);
        var samples = SamplePayload.Split(_server.Answer(request)!).ToList();

        var structures = ChunkStructures.Read(_place.Catalogue, 1, _place.Context.Reading).ToDictionary(s => s.Row, s => s.Structure);
        var finder = _place.Context.NewFinder();
        Assert.Equal(
            request.Rows.Zip(request.DrawKeys, (row, key) => Convert.ToHexString(
                EnvironmentDraw.ToBytes(EnvironmentDraw.Draw(finder, structures[row]!, key, 4)))),
            samples.Select(s => Convert.ToHexString(s.Sample.Span)));
        Assert.All(samples, s => Assert.Equal(4, EnvironmentDraw.FromBytes(s.Sample.Span).Length));
    }

    [Fact]
    public void Should_tell_the_lengths_of_all_chains_of_a_chunk()
    {
        var lengths = ChunkLengths.FromBytes(_server.Answer(Request(SampleKind.Lengths, [], [], Crop)));
        using var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens"), 1));

        Assert.Equal(file.Header.Positions.Count, lengths.Positions);
        Assert.Equal(
            Enumerable.Range(0, lengths.Positions).Select(
                row => TokenCrop.Draw(file, FeaturizerWorkspace.ChunkSize + row, 5, Crop)?.Sequence.Length ?? 0),
            Enumerable.Range(0, lengths.Positions).Select(row => lengths.CropLength(row, 5, Crop)));
        Assert.Null(_server.Answer(Request(SampleKind.Lengths, [], [], Crop) with { Tokens = "tokens-never-made" }));
    }

    [Fact]
    public void Should_say_that_tokens_are_not_ready_while_there_is_no_file() => Assert.Null(
        _server.Answer(Request(SampleKind.Tokens, [0], [1], Crop) with { Tokens = "tokens-never-made" }));

    [Fact]
    public void Should_report_a_damaged_token_file_and_serve_it_again_when_it_is_mended()
    {
        var path = TokenFile.PathOf(_place.Workspace.At("tokens"), 1);
        var whole = File.ReadAllBytes(path);
        var flipped = whole.ToArray();
        for (var at = whole.Length / 4; at < whole.Length / 2; at++)
        {
            // A single bit may lie in padding, where it does no harm.
            flipped[at] ^= 1;
        }

        File.WriteAllBytes(path, flipped);
        using var context = new FeaturizerContext(_place.Workspace, _place.Context.Job);
        var reported = new List<ChunkDamaged>();
        context.Damaged = reported.Add;
        using var server = new SampleServer(context);
        var request = Request(SampleKind.Tokens, [0], [1], Crop);

        Assert.Throws<InvalidDataException>(() => server.Answer(request));
        var report = Assert.Single(reported);
        Assert.Equal((request.Key, "tokens"), (report.Key, report.Output));
        Assert.Contains(path, report.Reason, StringComparison.Ordinal);

        File.WriteAllBytes(path, whole);
        Assert.Equal(_server.Answer(request), server.Answer(request));
    }

    [Fact]
    public void Should_refuse_a_kind_of_samples_that_it_does_not_know() => Assert.Throws<InvalidDataException>(
        () => _server.Answer(Request((SampleKind)99, [0], [1], Crop)));

    public void Dispose() => _server.Dispose();

    private FetchSamples Request(SampleKind kind, int[] rows, ulong[] keys, int limit) => new()
    {
        Key = new ChunkKey(_place.CatalogueName, 1),
        Request = 1,
        Kind = kind,
        Rows = rows,
        DrawKeys = keys,
        Limit = limit,
        Tokens = "tokens",
        Credits = 1,
    };
}
