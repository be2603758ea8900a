using System.Globalization;
using System.Runtime.CompilerServices;
using Ism.Cluster.Home;
using Ism.Cluster.Palette;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Palette;

/// <summary>What the palette's commands answer, line by line. Thread-safe.</summary>
/// <param name="jobs">The jobs.</param>
/// <param name="clock">Tells the time.</param>
public sealed class PaletteAnswers(ApiJobs jobs, TimeProvider clock)
{
    private const int MostChunksNamed = 20;

    /// <summary>Answers a command.</summary>
    /// <exception cref="PaletteException">It was refused; says why.</exception>
    /// <exception cref="TimeoutException">The job did not answer.</exception>
    public IAsyncEnumerable<string> AnswerAsync(PaletteCommand command, CancellationToken cancel)
    {
        var switches = PaletteSwitches.Read(command);
        var job = Find(switches["job"]);
        return command.Verb switch
        {
            "status" => StatusAsync(job, cancel),
            "nodes" => NodesAsync(job, cancel),
            "chunks" => ChunksAsync(job, switches["work"], cancel),
            "generations" => GenerationsAsync(job, switches.Count("number")),
            "pause" => TellAsync(job, new JobCommand(JobCommandKind.Pause, "", 0, command.By), cancel),
            "resume" => TellAsync(job, new JobCommand(JobCommandKind.Resume, "", 0, command.By), cancel),
            "checkpoint" => TellAsync(job, new JobCommand(JobCommandKind.Checkpoint, "", 0, command.By), cancel),
            _ => TellAsync(
                job,
                new JobCommand(
                    JobCommandKind.Scale, switches.OneOf("role", "trainers", "featurizers").TrimEnd('s'), switches.Count("number"), command.By),
                cancel),
        };
    }

    private HomeJob Find(string id)
    {
        try
        {
            return jobs.Find(id) ?? throw new PaletteException($"{(id == ApiJobs.Current ? "no job runs" : "no such job")}: {jobs.WhyNot(id)}");
        }
        catch (ArgumentException e)
        {
            throw new PaletteException(e.Message);
        }
    }

    private async IAsyncEnumerable<string> StatusAsync(HomeJob job, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var line in StatusText.Of(await jobs.ViewAsync(job, cancel), clock.GetUtcNow()).Split(Environment.NewLine))
        {
            yield return line;
        }
    }

    private async IAsyncEnumerable<string> NodesAsync(HomeJob job, [EnumeratorCancellation] CancellationToken cancel)
    {
        var view = await LiveAsync(job, cancel);
        var ranks = view.Generation?.Members.ToList() ?? [];
        IReadOnlyList<string>[] rows =
        [
            .. view.Nodes.Select(n => (string[])[n.Name, n.Role, n.Status, RankOf(ranks, n), n.Address, n.Address == view.DrivenBy ? "drives the job" : ""]),
        ];
        foreach (var line in TextTable.Lines(["node", "role", "status", "#rank", "address", ""], rows))
        {
            yield return line;
        }

        yield return $"wanted: {view.Trainers} trainer(s), {view.Featurizers} featurizer(s)";
    }

    private async IAsyncEnumerable<string> ChunksAsync(HomeJob job, string chosen, [EnumeratorCancellation] CancellationToken cancel)
    {
        var view = await LiveAsync(job, cancel);
        if (chosen.Length > 0 && view.Works.All(w => w.WorkId != chosen))
        {
            throw new PaletteException($"no work '{chosen}' is open; {OpenWorks(view)}");
        }

        if (view.Works.Count == 0)
        {
            yield return "no work is open: featurizers have nothing to do at the moment";
            yield break;
        }

        var rows = new List<IReadOnlyList<string>>();
        ChunkMap? looked = null;
        foreach (var work in view.Works.Where(w => chosen.Length == 0 || w.WorkId == chosen))
        {
            // A work may end while it is asked for.
            var map = await jobs.ChunksAsync(job, work.WorkId, cancel);
            looked = map ?? looked;
            rows.Add(
            [
                work.WorkId, work.Kind, Count(work.Total), InState(map, ChunkState.Waiting), InState(map, ChunkState.Leased),
                InState(map, ChunkState.Committed), InState(map, ChunkState.Failing), Count(work.Structures), Count(work.Quarantined),
            ]);
        }

        string[] head = ["work", "kind", "#chunks", "#waiting", "#leased", "#done", "#failing", "#structures", "#quarantined"];
        var lines = TextTable.Lines(head, rows);
        foreach (var line in chosen.Length > 0 && looked is not null ? lines.Concat(Places(looked, view)) : lines)
        {
            yield return line;
        }
    }

    private static IEnumerable<string> Places(ChunkMap map, JobView view)
    {
        var held = map.Held.Zip(map.HeldBy, (chunk, node) => (Chunk: chunk, Node: node)).Where(h => h.Node >= 0 && h.Node < map.Nodes.Length)
            .GroupBy(h => map.Nodes[h.Node], h => h.Chunk)
            .Select(g => $"{view.Nodes.FirstOrDefault(n => n.Address == g.Key)?.Name ?? g.Key} holds {Named(g)}")
            .Order(StringComparer.Ordinal);
        var failing = map.States.Index().Where(s => s.Item == (byte)ChunkState.Failing).Select(s => s.Index).ToList();
        return failing.Count == 0 ? held : held.Append($"failed and tried again: {Named(failing)}");
    }

    private static string Named(IEnumerable<int> chunks)
    {
        var all = chunks.Order().ToList();
        return $"{(all.Count == 1 ? "chunk" : "chunks")} {string.Join(", ", all.Take(MostChunksNamed).Select(c => Count(c)))}"
            + (all.Count > MostChunksNamed ? $" and {Count(all.Count - MostChunksNamed)} more" : "");
    }

    private async IAsyncEnumerable<string> GenerationsAsync(HomeJob job, int most)
    {
        await Task.CompletedTask;
        var all = jobs.HistoryOf(job).Generations();
        if (all.Count == 0)
        {
            yield return "no generation of trainers has been formed yet";
            yield break;
        }

        IReadOnlyList<string>[] rows =
        [
            .. all.TakeLast(most).Select(g => (string[])
            [
                Count(g.Number), g.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture), Count(g.Members.Count),
                string.Join(", ", g.Members), g.Why,
            ]),
        ];
        foreach (var line in TextTable.Lines(["#generation", "formed", "#ranks", "members", "why"], rows))
        {
            yield return line;
        }

        if (all.Count > most)
        {
            yield return $"{Count(all.Count - most)} before these; -n {Count(all.Count)} shows all";
        }
    }

    private async IAsyncEnumerable<string> TellAsync(HomeJob job, JobCommand command, [EnumeratorCancellation] CancellationToken cancel)
    {
        var answer = await jobs.TellAsync(job, command, cancel);
        yield return answer.Done ? answer.Message : throw new PaletteException(answer.Message);
    }

    private async Task<JobView> LiveAsync(HomeJob job, CancellationToken cancel)
    {
        var view = await jobs.ViewAsync(job, cancel);
        return view.Live ? view : throw new PaletteException(job.State switch
        {
            HomeJobState.Current => $"{job.Id} is on its way to a coordinator; ask again in a few seconds",
            HomeJobState.Queued => $"{job.Id} has not begun: others come before it",
            _ => $"{job.Id} has ended: {job.Error ?? "it is complete"}",
        });
    }

    private static string OpenWorks(JobView view) =>
        view.Works.Count == 0 ? "none is" : $"open are {string.Join(", ", view.Works.Select(w => w.WorkId))}";

    private static string RankOf(List<string> members, NodeView node) => members.IndexOf(node.Name) is >= 0 and var rank ? Count(rank) : "";

    private static string InState(ChunkMap? map, ChunkState state) => map is null ? "-" : Count(map.States.Count(s => s == (byte)state));

    private static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);
}
