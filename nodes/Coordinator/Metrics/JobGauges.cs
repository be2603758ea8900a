using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Ism.Cluster.Hosting;
using Ism.Cluster.Telemetry;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Metrics;

/// <summary>
/// Where the job stands that this coordinator drives. Written by its actors, read when metrics are; empty while another drives the job.
/// One process drives one job at a time. Thread-safe.
/// </summary>
public static class JobGauges
{
    private static readonly ConcurrentDictionary<string, (WorkKind Kind, LedgerCounts Counts)> Works = new();
    private static readonly ConcurrentDictionary<string, double> Stages = new();
    private static readonly ConcurrentDictionary<string, int> Wanted = new();
    private static volatile Training? _training;
    private static volatile int _members;
    private static volatile int _driving;
    private static volatile int _paused;

    static JobGauges()
    {
        Instruments.Gauge("ism.job.driving", "", "1 on the coordinator that drives a job, else 0.", () => _driving);
        Instruments.Gauge("ism.job.paused", "", "1 while the job is paused.", () => _driving == 0 ? null : _paused);
        Instruments.Gauge(
            "ism.backlog.chunks", "", "Chunks that wait for a featurizer or are with one, over all works: what featurizers are scaled by.",
            () => Works.Values.Sum(w => w.Counts.Waiting + w.Counts.Failing + w.Counts.Leased));
        Instruments.Gauge("ism.chunks", "", "Chunks of the works that are open, by work and state.", Chunks);
        Instruments.Gauge("ism.job.stage.active", "", "1 while the stage is under way.", () => Driven(
            RunStages.All.Select(stage => Labelled(Stages.ContainsKey(stage) ? 1 : 0, "stage", stage))));
        Instruments.Gauge("ism.job.stage.progress.ratio", Instruments.Share, "Share of a stage under way that is done.", () => Driven(
            Stages.Select(stage => Labelled(stage.Value, "stage", stage.Key))));
        Instruments.Gauge("ism.job.nodes.wanted", "", "Nodes that the job wants, by role.", () => Driven(
            Wanted.Select(role => Labelled(role.Value, "role", role.Key))));
        Instruments.Gauge("ism.group.members", "", "Trainers in the present generation of the training group.", () => _driving == 0 ? null : _members);
        Instruments.Gauge("ism.job.step", "", "Completed steps of the stage that is trained.", () => _training?.Step);
        Instruments.Gauge("ism.job.steps.planned", "", "Steps of the stage that is trained.", () => _training?.Total);
        Instruments.Gauge(
            "ism.job.last_step.timestamp", Instruments.Seconds,
            "Unix time of the last completed step of the stage that is trained, or of its beginning.", () => _training?.At);
    }

    private sealed record Training(string Stage, long Step, long Total, double At);

    internal static void Begin() => _ = Works.Count;

    /// <summary>This coordinator drives the job from now on.</summary>
    internal static void Drive(JobOptions job, IReadOnlyDictionary<string, int> scale, bool paused)
    {
        End();
        Wanted[NodeRoles.Trainer] = scale.GetValueOrDefault(NodeRoles.Trainer, job.Cluster.Trainers);
        Wanted[NodeRoles.Featurizer] = scale.GetValueOrDefault(NodeRoles.Featurizer, job.Cluster.Featurizers);
        (_paused, _driving) = (paused ? 1 : 0, 1);
    }

    /// <summary>It drives none any more.</summary>
    internal static void End()
    {
        (_driving, _members, _training) = (0, 0, null);
        Works.Clear();
        Stages.Clear();
        Wanted.Clear();
    }

    internal static void Paused(bool paused) => _paused = paused ? 1 : 0;

    internal static void Scaled(string role, int count) => Wanted[role] = count;

    internal static void Ledger(string work, WorkKind kind, LedgerCounts counts) => Works[work] = (kind, counts);

    internal static void EndLedger(string work) => Works.TryRemove(work, out _);

    internal static void Members(int count) => _members = count;

    internal static void Happened(RunEvent happened)
    {
        switch (happened.Kind)
        {
            case RunEventKind.Started when happened.Stage.Length > 0:
                Stages[happened.Stage] = Share(happened);
                break;
            case RunEventKind.Progress when happened.Stage.Length > 0:
                Stages[happened.Stage] = Share(happened);
                break;
            case RunEventKind.Finished:
                Stages.TryRemove(happened.Stage, out _);
                break;
        }
    }

    internal static void StageBegins(string stage, long total) => _training = new Training(stage, 0, total, Now);

    internal static void Stepped(string stage, long step)
    {
        if (_training is { } training && training.Stage == stage && step > training.Step)
        {
            _training = training with { Step = step, At = Now };
        }
    }

    internal static void StageEnds() => (_training, _members) = (null, 0);

    private static double Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    private static double Share(RunEvent e) => e.Total > 0 ? Math.Clamp(e.Done / e.Total, 0, 1) : 0;

    private static Measurement<double> Labelled(double value, string label, string name) =>
        new(value, new KeyValuePair<string, object?>(label, name));

    private static IEnumerable<Measurement<double>> Driven(IEnumerable<Measurement<double>> values) => _driving == 0 ? [] : [.. values];

    private static List<Measurement<double>> Chunks()
    {
        var values = new List<Measurement<double>>();
        foreach (var works in Works.Values.GroupBy(w => w.Kind))
        {
            var kind = CoordinatorMetrics.Name(works.Key);
            Add("waiting", works.Sum(w => w.Counts.Waiting));
            Add("leased", works.Sum(w => w.Counts.Leased));
            Add("failing", works.Sum(w => w.Counts.Failing));
            Add("committed", works.Sum(w => w.Counts.Committed));

            void Add(string state, long count) =>
                values.Add(new Measurement<double>(count, new("work", kind), new("state", state)));
        }

        return values;
    }
}
