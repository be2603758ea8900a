using Akka.Actor;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Metrics;
using Ism.Coordinator.Training;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>Where the job stands, for whoever watches it.</summary>
public sealed partial class JobActor
{
    private GenerationChanged? _generation;
    private string _waitsFor = "";

    private void OnGenerationChanged(GenerationChanged m)
    {
        (_generation, _waitsFor) = (m, "");
        CoordinatorMetrics.Formed();
        JobGauges.Members(m.Members.Count);
        if (_over)
        {
            // The nodes go; that the group becomes smaller by it is no news, and that nobody trains no warning.
            return;
        }

        _emit(RunEvent.Now(
            RunEventKind.Note, message: $"generation {m.Generation}: {string.Join(", ", m.Members)} ({m.Why})"));
    }

    private void OnGroupWaiting(GroupWaiting m)
    {
        _waitsFor = m.Why;
        JobGauges.Members(0);
        if (!_over)
        {
            _emit(RunEvent.Now(RunEventKind.Warning, message: $"{m.StageId}: {m.Why}"));
        }
    }

    private JobStatus Status() => new()
    {
        Incarnation = _incarnation,
        Paused = _paused,
        DrivenBy = Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString(),
        Training = _stage?.Setup.StageId ?? "",
        Generation = _generation?.Generation ?? 0,
        Members = [.. _generation?.Members ?? []],
        WaitsFor = _waitsFor,
        Works = [.. _works.Values.Select(StatusOf)],
        Trainers = _scale.GetValueOrDefault(NodeRoles.Trainer, _job.Cluster.Trainers),
        Featurizers = _scale.GetValueOrDefault(NodeRoles.Featurizer, _job.Cluster.Featurizers),
    };

    private static WorkStatus StatusOf(Work work)
    {
        var totals = work.Last?.Totals ?? new LedgerTotals(0, work.Setup.Order.Count, 0, 0, 0);
        return new WorkStatus
        {
            WorkId = work.Setup.Work.WorkId,
            Catalogue = work.Setup.Work.Catalogue,
            Kind = work.Setup.Work.Kind.ToString().ToLowerInvariant(),
            Total = totals.TotalChunks,
            Committed = totals.Chunks,
            Leased = work.Last?.Leased ?? 0,
            Structures = totals.Structures,
            Quarantined = totals.Quarantined,
            Residues = totals.Residues,
        };
    }

    private void OnChunkMap(ChunkMapRequest m)
    {
        if (_works.TryGetValue(m.WorkId, out var work))
        {
            work.Ledger.Forward(m);
        }
        else
        {
            Sender.Tell(new ChunkMap { WorkId = "", States = [], Nodes = [], Held = [], HeldBy = [] });
        }
    }
}
