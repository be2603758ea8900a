using System.Diagnostics;
using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Isolation;
using Ism.Featurizer.Tests.Isolation;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Featurizer.Tests.Threads;

/// <summary>Structures that hang whoever opens them: named pipes into which nobody writes.</summary>
public sealed class HangTests : IDisposable
{
    private const int Hanging = FeaturizerContext.MostHanging;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly FeaturizerWorkspace _place = new();
    private readonly List<string> _pipes = [];

    [SkippableFact]
    public async Task Should_give_up_the_thread_do_the_others_and_quarantine_what_hangs_alone_too()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "makes named pipes");
        var catalogue = WithPipes(1);
        var isolation = new FakeIsolation(new IsolationEnd(IsolationPhase.Working, true, 137, ""));
        using var context = Context(isolation);
        var abandoned = new List<string>();
        context.Abandoned = abandoned.Add;
        var result = await Post(context, catalogue, 0);

        Assert.Equal((FeaturizerWorkspace.ChunkSize - 1, 1), (result.Structures, result.Quarantined));
        Assert.Contains("corpus.structureSeconds", Assert.Single(abandoned), StringComparison.Ordinal);
        Assert.Contains(_pipes[0], abandoned[0], StringComparison.Ordinal);
        using var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens"), 0));
        Assert.Equal("TimedOut", Assert.Single(file.Quarantine).Reason);
        Assert.Single(isolation.Tried);

        // The abandoned thread comes back late: what it does then counts for nothing.
        var bytes = File.ReadAllBytes(TokenFile.PathOf(_place.Workspace.At("tokens"), 0));
        Release();
        var next = await Post(context, _place.CatalogueName, 0, "tokens-next");
        Assert.Equal(FeaturizerWorkspace.ChunkSize, next.Structures);
        Assert.Equal(bytes, File.ReadAllBytes(TokenFile.PathOf(_place.Workspace.At("tokens"), 0)));
    }

    [SkippableFact]
    public async Task Should_ask_for_the_end_of_the_node_when_three_threads_hang()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "makes named pipes");
        var catalogue = WithPipes(Hanging);
        using var context = Context(new FakeIsolation(new IsolationEnd(IsolationPhase.Working, true, 137, "")));
        var givingUp = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        context.GivingUp = why => givingUp.TrySetResult(why);
        for (var chunk = 0; chunk < Hanging; chunk++)
        {
            Assert.False(givingUp.Task.IsCompleted);
            Assert.Equal(1, (await Post(context, catalogue, chunk)).Quarantined);
        }

        Assert.Contains("3 threads hang", await givingUp.Task.WaitAsync(Soon), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_not_take_many_quick_structures_for_a_slow_one()
    {
        using var context = Context(new FakeIsolation(new IsolationEnd(IsolationPhase.Working, true, 137, "")));
        var abandoned = 0;
        context.Abandoned = _ => abandoned++;
        var clock = Stopwatch.StartNew();
        for (var round = 0; clock.Elapsed < TimeSpan.FromSeconds(1.5); round++)
        {
            Assert.Equal(0, (await Post(context, _place.CatalogueName, 0, $"tokens-{round}")).Quarantined);
        }

        Assert.Equal(0, abandoned);
    }

    public void Dispose()
    {
        Release();
        _place.Dispose();
    }

    // Chunks of which each begins with a pipe.
    private string WithPipes(int chunks)
    {
        var sound = StructureSources.List(_place.Structures).Where(e => !e.Name.Contains("garbage", StringComparison.Ordinal)).ToList();
        var entries = new List<StructureEntry>();
        var folder = Directory.CreateDirectory(_place.Structures + "-pipes").FullName;
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var pipe = Path.Combine(folder, $"pipe-{chunk}.cif");
            using var make = Process.Start("mkfifo", pipe);
            make.WaitForExit();
            Assert.Equal(0, make.ExitCode);
            _pipes.Add(pipe);
            entries.Add(new StructureEntry(pipe, null, -1, 0, 0));
            foreach (var entry in sound.Take(FeaturizerWorkspace.ChunkSize - 1))
            {
                var copy = Path.Combine(folder, $"{chunk}-{Path.GetFileName(entry.Path)}");
                File.Copy(entry.Path, copy);
                entries.Add(entry with { Path = copy });
            }
        }

        var catalogue = Catalogue.Create(entries, FeaturizerWorkspace.ChunkSize);
        return Path.GetFileName(catalogue.Save(_place.Workspace.At(Workspace.Catalogues), "pipes"));
    }

    // Whoever waits for a writer finds one that says nothing.
    private void Release()
    {
        foreach (var pipe in _pipes)
        {
            // Opened for both, so that it waits for nobody.
            using var process = Process.Start("sh", ["-c", "exec 3<>\"$1\"; exec 3>&-", "sh", pipe]);
            process.WaitForExit();
        }

        _pipes.Clear();
    }

    private FeaturizerContext Context(FakeIsolation isolation)
    {
        var job = _place.Context.Job;
        return new FeaturizerContext(
            _place.Workspace, job with { Corpus = job.Corpus with { StructureSeconds = 0.8 } }, isolation);
    }

    private Task<ChunkResult> Post(FeaturizerContext context, string catalogue, int chunk, string output = "tokens")
    {
        var done = new TaskCompletionSource<ChunkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Compute.Post(
            worker => worker.Run(_place.Tokenising(output) with { Catalogue = catalogue }, chunk, _ => { }, CancellationToken.None),
            (result, error) =>
            {
                if (error is null)
                {
                    done.SetResult(result!);
                }
                else
                {
                    done.SetException(error);
                }
            });
        return done.Task.WaitAsync(Soon);
    }
}
