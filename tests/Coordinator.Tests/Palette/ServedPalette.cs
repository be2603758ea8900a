using System.Globalization;
using Akka.Actor;
using Ism.Cluster.Home;
using Ism.Cluster.Membership;
using Ism.Cluster.Palette;
using Ism.Coordinator.Api;
using Ism.Coordinator.Jobs;
using Ism.Coordinator.Palette;
using Ism.Coordinator.Tests.Journals;
using Ism.Featurizer.Tests;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Palette;

/// <summary>A coordinator with a job that tokenises, its journal, its events, and the palette over them; a mailbox stands for featurizers.
/// </summary>
public sealed class ServedPalette : IAsyncLifetime
{
    private readonly FeaturizerWorkspace _corpus = new();
    private readonly Mailbox _holder = new();
    private readonly JournalPlace _place = new(JournalKind.Sqlite, null!);
    private readonly JobDoor _door = new();
    private ActorSystem _system = null!;
    private IActorRef _job = ActorRefs.Nobody;
    private IActorRef _palette = ActorRefs.Nobody;

    internal HomeJob Job { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var options = TestJob.OptionsFor(_corpus);
        var log = new EventLog(_place.Workspace);
        JobJson.Save(options, _place.Workspace.At(Workspace.Job));
        foreach (var note in (string[])["generation 1: trainer-0 (trainers are there)", "generation 2: trainer-0, trainer-1 (trainer-1 joined)"])
        {
            log.Append(RunEvent.Now(RunEventKind.Note, message: note));
        }

        _system = _place.StartSystem();
        var address = Akka.Cluster.Cluster.Get(_system).SelfAddress;
        new MemberFiles(_place.Workspace.Root).Write(new MemberRecord("coordinator-0", "coordinator", address.ToString(), 1));
        var leases = _system.ActorOf(_holder.HolderProps);
        _job = _system.ActorOf(JobActor.Props(options, _place.Workspace, _ => leases, log.Append, _ => { }), "job");
        _door.Open(_system, _job, _place.Workspace.Root);
        var places = new SinglePlace(_place.Workspace, options);
        Job = places.All()[0];
        _palette = Open(new ApiJobs(places, _door));
        await _holder.NextAsync<LeaseChunk>();
        await UntilAsync(() => AnswerAsync("chunks"), lines => lines.Count == 2 && lines[1].Contains(" 2  ", StringComparison.Ordinal));
    }

    public Task DisposeAsync()
    {
        _place.Dispose();
        _corpus.Dispose();
        return Task.CompletedTask;
    }

    internal IActorRef Open(ApiJobs jobs) => _system.ActorOf(PaletteActor.Props(jobs));

    /// <summary>A lease that holds and is not accepted: it is sent again and again.</summary>
    internal async Task<LeaseChunk> LeasedAsync()
    {
        _holder.Rest();
        return await _holder.NextAsync<LeaseChunk>();
    }

    /// <summary>Accepts a lease for the coordinator's own node.</summary>
    internal void Accept(LeaseChunk lease) => _system.ActorSelection(_job.Path / "*").Tell(new ChunkAccepted(
        lease.Work.WorkId, lease.Key.Chunk, lease.LeaseEpoch, Akka.Cluster.Cluster.Get(_system).SelfAddress.ToString()));

    /// <summary>The lines of an answer that is no error.</summary>
    internal async Task<IReadOnlyList<string>> AnswerAsync(string verb, params (string Switch, string Value)[] switches)
    {
        var lines = await AskAsync(verb, switches);
        Assert.All(lines, l => Assert.False(l.IsError, l.Text));
        return [.. lines.Select(l => l.Text)];
    }

    internal Task<IReadOnlyList<PaletteLine>> AskAsync(string verb, params (string Switch, string Value)[] switches) =>
        AskAsync(_palette, verb, switches);

    /// <summary>All lines that are streamed; the last one, and only it, is marked.</summary>
    internal async Task<IReadOnlyList<PaletteLine>> AskAsync(IActorRef palette, string verb, params (string Switch, string Value)[] switches)
    {
        using var inbox = Inbox.Create(_system);
        inbox.Send(palette, new PaletteCommand(verb, [.. switches.Select(s => KeyValuePair.Create(s.Switch, s.Value))], "a test"));
        var lines = new List<PaletteLine>();
        do
        {
            lines.Add((PaletteLine)await inbox.ReceiveAsync(Mailbox.Patience));
        }
        while (!lines[^1].IsLast);

        return lines;
    }

    /// <summary>Asks until the answer is as wanted.</summary>
    internal async Task<IReadOnlyList<string>> UntilAsync(Func<Task<IReadOnlyList<string>>> ask, Func<IReadOnlyList<string>, bool> wanted)
    {
        var begun = DateTime.UtcNow;
        while (true)
        {
            var answer = await ask();
            if (wanted(answer))
            {
                return answer;
            }

            Assert.True(DateTime.UtcNow - begun < Mailbox.Patience, string.Create(CultureInfo.InvariantCulture, $"still: {string.Join(" / ", answer)}"));
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
