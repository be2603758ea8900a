using Ism.Corpus;
using Ism.Featurizer.Attempts;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Isolation;
using Ism.Featurizer.Serving;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;

namespace Ism.Featurizer.Tests.Isolation;

/// <summary>Chunks in which a structure was under way when somebody did not come back.</summary>
public sealed class SuspectTests : IDisposable
{
    private const int Suspect = 2;
    private static readonly IsolationEnd Aborted = new(IsolationPhase.Working, false, 128 + 6, "Stack overflow.");
    private static readonly IsolationEnd Killed = new(IsolationPhase.Working, false, 128 + 9, "");
    private readonly FeaturizerWorkspace _place = new();

    [Fact]
    public void Should_give_the_same_bytes_when_an_innocent_suspect_is_tokenised_alone()
    {
        Run(_place.Tokenising("tokens"), new FakeIsolation(Aborted));
        Lost(Suspect);
        var alone = new FakeIsolation((IsolationEnd?)null);
        var result = Run(_place.Tokenising("tokens-alone"), alone);

        Assert.Equal([Suspect], alone.Tried);
        Assert.Equal((FeaturizerWorkspace.ChunkSize, 0), (result.Structures, result.Quarantined));
        Assert.Equal(Bytes("tokens"), Bytes("tokens-alone"));
        Assert.False(File.Exists(RecordPath));
        Assert.Empty(Directory.EnumerateFiles(_place.Workspace.At("work", "attempts", "alone")));
    }

    [Fact]
    public void Should_give_the_same_bytes_when_an_innocent_suspect_is_embedded_alone()
    {
        Run(_place.Embedding("points"), new FakeIsolation(Aborted));
        Lost(0);
        var alone = new FakeIsolation((IsolationEnd?)null);
        Run(_place.Embedding("points-alone"), alone);

        Assert.Equal([0], alone.Tried);
        Assert.Equal(
            File.ReadAllBytes(EmbeddingsFile.PathOf(_place.Workspace.At("points"), 0)),
            File.ReadAllBytes(EmbeddingsFile.PathOf(_place.Workspace.At("points-alone"), 0)));
    }

    [Fact]
    public void Should_quarantine_what_crashes_alone_leave_the_others_unharmed_and_never_try_it_again()
    {
        Run(_place.Tokenising("tokens"), new FakeIsolation(Aborted));
        Lost(Suspect);
        var crashing = new FakeIsolation(Aborted);
        var work = _place.Tokenising("tokens-crash");
        var result = Run(work, crashing);

        Assert.Equal((FeaturizerWorkspace.ChunkSize - 1, 1), (result.Structures, result.Quarantined));
        using (var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens-crash"), 0)))
        using (var whole = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens"), 0)))
        {
            var refused = Assert.Single(file.Quarantine);
            Assert.Equal((Suspect, "Crashed"), (refused.Position, refused.Reason));
            Assert.Contains("signal 6, saying 'Stack overflow.'", refused.Message, StringComparison.Ordinal);
            foreach (var position in new[] { 0, 1, 3 })
            {
                Assert.Equal(
                    whole.Tokens(0, whole.RowsOf(position).Start.Value).ToArray(), file.Tokens(0, file.RowsOf(position).Start.Value).ToArray());
            }
        }

        var first = Bytes("tokens-crash");
        Run(work, crashing);
        Assert.Equal(first, Bytes("tokens-crash"));
        Assert.Equal([Suspect], crashing.Tried);
    }

    [Fact]
    public void Should_name_the_setting_when_a_structure_takes_too_long_alone()
    {
        Lost(Suspect);
        Run(_place.Tokenising("tokens"), new FakeIsolation(new IsolationEnd(IsolationPhase.Working, true, 128 + 9, "")));

        using var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens"), 0));
        var refused = Assert.Single(file.Quarantine);
        Assert.Equal("TimedOut", refused.Reason);
        Assert.Contains("120 s; raise corpus.structureSeconds", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_try_again_when_the_process_was_killed_from_outside()
    {
        Lost(Suspect);
        var twice = new FakeIsolation(Killed, Killed, null);
        Assert.Equal(0, Run(_place.Tokenising("tokens"), twice).Quarantined);
        Assert.Equal(3, twice.Tried.Count);

        Lost(Suspect);
        var always = new FakeIsolation(Killed);
        Assert.Equal(1, Run(_place.Tokenising("tokens-killed"), always).Quarantined);
        Assert.Equal(3, always.Tried.Count);
    }

    [Theory]
    [InlineData(IsolationPhase.Starting, false, 150)]
    [InlineData(IsolationPhase.Reading, true, 137)]
    public void Should_blame_no_structure_when_the_trial_itself_is_not_possible(IsolationPhase phase, bool timedOut, int code)
    {
        Lost(Suspect);
        var impossible = new FakeIsolation(new IsolationEnd(phase, timedOut, code, "no such folder"));
        var failure = Assert.Throws<IOException>(() => Run(_place.Tokenising("tokens"), impossible));
        Assert.Contains("to be tried alone", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(TokenFile.PathOf(_place.Workspace.At("tokens"), 0)));

        Assert.Equal(0, Run(_place.Tokenising("tokens"), new FakeIsolation((IsolationEnd?)null)).Quarantined);
    }

    [Fact]
    public void Should_give_a_structure_up_that_takes_the_node_with_it_even_when_tried_alone()
    {
        for (var i = 0; i < 5; i++)
        {
            using var lost = AttemptRecord.Open(Attempts, _place.CatalogueName, 0, "lost");
            lost.Alone(Suspect);
        }

        var untried = new FakeIsolation(Aborted);
        Assert.Equal(1, Run(_place.Tokenising("tokens"), untried).Quarantined);
        Assert.Empty(untried.Tried);
    }

    [Fact]
    public void Should_serve_an_empty_sample_for_what_crashes_alone()
    {
        Lost(Suspect);
        using var context = With(new FakeIsolation(Aborted));
        using var server = new SampleServer(context);
        var request = new FetchSamples
        {
            Key = new ChunkKey(_place.CatalogueName, 0),
            Request = 1,
            Kind = SampleKind.Environments,
            Rows = [1, Suspect, 3],
            DrawKeys = [1, 2, 3],
            Limit = 4,
            Credits = 1,
        };
        var lengths = Ism.Corpus.Streaming.SamplePayload.Split(server.Answer(request)!).Select(s => s.Sample.Length > 0);
        Assert.Equal([true, false, true], lengths);
    }

    public void Dispose() => _place.Dispose();

    private string Attempts => _place.Context.AttemptsFolder;

    private string RecordPath => AttemptRecord.PathOf(Attempts, _place.CatalogueName, 0);

    private void Lost(long position)
    {
        using var record = AttemptRecord.Open(Attempts, _place.CatalogueName, 0, "lost");
        record.Begin(position);
    }

    private FeaturizerContext With(FakeIsolation isolation)
    {
        var context = new FeaturizerContext(_place.Workspace, _place.Context.Job, isolation);
        isolation.Context = context;
        return context;
    }

    private ChunkResult Run(ChunkWork work, FakeIsolation isolation)
    {
        using var context = With(isolation);
        using var worker = new ChunkWorker(context);
        return worker.Run(work, 0, _ => { }, CancellationToken.None);
    }

    private byte[] Bytes(string folder) => File.ReadAllBytes(TokenFile.PathOf(_place.Workspace.At(folder), 0));
}
