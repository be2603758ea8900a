using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Ism.Coordinator.Training;
using Ism.Featurizer.Tests;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>What the journal keeps of a job, over each kind of journal.</summary>
[Collection(WithPostgres.Name)]
public sealed class JobJournalTests(PostgresServer server, FeaturizerWorkspace corpus) : IClassFixture<FeaturizerWorkspace>
{
    private const string Owner = "job";

    [SkippableTheory]
    [InlineData(JournalKind.Sqlite)]
    [InlineData(JournalKind.Postgres)]
    public async Task Should_keep_pause_and_scale_over_a_crash(JournalKind kind)
    {
        using var place = new JournalPlace(kind, server);
        var holder = new Mailbox();
        var first = new TestJob(place, corpus, holder.HolderProps);
        await holder.NextAsync<LeaseChunk>();
        Assert.Equal((1, false), Opened(await first.StatusAsync()));
        Assert.Contains("nothing is being trained", (await first.AskAsync(JobCommandKind.Checkpoint)).Message);
        Assert.True((await first.AskAsync(JobCommandKind.Scale, NodeRoles.Trainer, 3)).Done);
        Assert.False((await first.AskAsync(JobCommandKind.Scale, NodeRoles.Coordinator, 3)).Done);
        Assert.False((await first.AskAsync(JobCommandKind.Scale, NodeRoles.Trainer, 0)).Done);
        Assert.True((await first.AskAsync(JobCommandKind.Pause)).Done);
        await JournalPlace.CrashAsync(first.System);

        var quiet = new Mailbox();
        var second = new TestJob(place, corpus, quiet.HolderProps);
        Assert.Equal(3, (await second.Events.NextAsync<RunEvent>(e => e.Kind == RunEventKind.Scale && e.Stage == NodeRoles.Trainer)).Total);
        Assert.Equal((2, true), Opened(await second.StatusAsync()));
        Assert.Contains("paused", (await second.AskAsync(JobCommandKind.Checkpoint)).Message);

        // Its ledger is open, and would have leased by now.
        await second.Events.NextAsync<RunEvent>(e => e is { Kind: RunEventKind.Progress, Stage: RunStages.Tokens });
        Assert.Empty(quiet.Rest());
        Assert.True((await second.AskAsync(JobCommandKind.Resume)).Done);
        Assert.Equal(2, OpenedLedger.Incarnation((await quiet.NextAsync<LeaseChunk>()).LeaseEpoch));
        Assert.Equal(
            [new JobOpened(1), new JobScaled(NodeRoles.Trainer, 3), new JobPauseChanged(true), new JobOpened(2), new JobPauseChanged(false)],
            place.Events(Owner));
    }

    private static (int Incarnation, bool Paused) Opened(JobStatus status) => (status.Incarnation, status.Paused);

    [SkippableTheory]
    [InlineData(JournalKind.Sqlite)]
    [InlineData(JournalKind.Postgres)]
    public async Task Should_end_when_cancelled_and_not_begin_again_on_a_standby(JournalKind kind)
    {
        using var place = new JournalPlace(kind, server);
        var holder = new Mailbox();
        var job = new TestJob(place, corpus, holder.HolderProps);
        await holder.NextAsync<LeaseChunk>();
        Assert.True((await job.AskAsync(JobCommandKind.Cancel)).Done);
        var why = await job.Ended.NextAsync<string>();
        Assert.Contains("cancelled by a test", why);
        Assert.Equal(why, EndedMarker.TryRead(place.Workspace.Root)!.Error);

        // Its nodes leave: that is told by nobody any more.
        job.Tell(new GenerationChanged(9, "tuning", ["trainer-1"], "trainer-0 leaves"));
        job.Tell(new GroupWaiting("tuning", "no trainer can go on"));
        await job.StatusAsync();
        Assert.Empty(job.Warnings);
        Assert.DoesNotContain(job.Events.Rest().OfType<RunEvent>(), e => e.Message.Contains("generation 9", StringComparison.Ordinal));

        var standbyHolder = new Mailbox();
        var standby = new TestJob(place, corpus, standbyHolder.HolderProps);
        Assert.Equal(why, await standby.Ended.NextAsync<string>());
        Assert.Equal([new JobOpened(1)], place.Events(Owner));
        Assert.Empty(standbyHolder.Rest());
    }
}
