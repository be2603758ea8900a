using Akka.Actor;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Metrics;
using Ism.Coordinator.Training;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>What people tell the job, and how it answers.</summary>
public sealed partial class JobActor
{
    private static JobAnswer NothingTrained => new(true, "nothing is being trained; all that is done stands in files");

    private void ShowPause(string by)
    {
        JobGauges.Paused(_paused);
        _group.Tell(_paused ? new PauseGroup() : new ResumeGroup());
        foreach (var work in _works.Values)
        {
            work.Ledger.Tell(new PauseLedger(_paused));
        }

        _emit(RunEvent.Now(RunEventKind.Note, message: $"{(_paused ? "paused" : "resumed")} by {by}"));
    }

    private void OnCheckpointWritten(CheckpointWritten m) => AnswerCheckpoint(m.Error is null
        ? new JobAnswer(true, $"the checkpoint after step {m.Step} is written")
        : new JobAnswer(false, $"no checkpoint was written: {m.Error}"));

    private void AnswerCheckpoint(JobAnswer answer)
    {
        _waitForCheckpoint.ForEach(asked => asked.Tell(answer));
        _waitForCheckpoint.Clear();
    }

    private void OnCommand(JobCommand m)
    {
        var sender = Sender;
        _log.Info("{0} {1} {2} from {3}", m.Kind, m.Role, m.Count, m.By);
        switch (m.Kind)
        {
            case JobCommandKind.Cancel:
                _cancelled = $"{EndedMarker.Cancelled} by {m.By}";
                _cancel.Cancel();
                sender.Tell(new JobAnswer(true, "the job is cancelled; what it has made stays in the workspace"));
                break;
            case JobCommandKind.Pause when _paused:
                sender.Tell(new JobAnswer(true, "the job is paused already; `ism resume` lets it go on"));
                break;
            case JobCommandKind.Resume when !_paused:
                sender.Tell(new JobAnswer(true, "the job goes on; it was not paused"));
                break;
            case JobCommandKind.Pause or JobCommandKind.Resume:
                Persist(new JobPauseChanged(m.Kind == JobCommandKind.Pause), changed =>
                {
                    Apply(changed);
                    ShowPause(m.By);
                    sender.Tell(new JobAnswer(true, _paused
                        ? "the job is paused: it stops at the next step boundary and leases no more chunks; `ism resume` lets it go on"
                        : "the job goes on"));
                });
                break;
            case JobCommandKind.Checkpoint when _paused:
                sender.Tell(new JobAnswer(
                    true, "the job is paused and takes no step: the newest checkpoint is the one before the pause; for another, `ism resume` first"));
                break;
            case JobCommandKind.Checkpoint when _stage is null && _incarnation > 1 && !_hasTrained:
                _waitForCheckpoint.Add(sender);
                if (_waitForCheckpoint.Count == 1)
                {
                    Timers.StartSingleTimer("no-stage", new NoStageCame(), StageComesWithin);
                }

                break;
            case JobCommandKind.Checkpoint when _stage is null:
                sender.Tell(NothingTrained);
                break;
            case JobCommandKind.Checkpoint:
                _waitForCheckpoint.Add(sender);
                if (_waitForCheckpoint.Count == 1)
                {
                    _group.Tell(new RequestCheckpoint());
                }

                break;
            case JobCommandKind.Scale when m.Role is NodeRoles.Trainer or NodeRoles.Featurizer && m.Count > 0:
                Persist(new JobScaled(m.Role, m.Count), scaled =>
                {
                    Apply(scaled);
                    JobGauges.Scaled(scaled.Role, scaled.Count);
                    _emit(RunEvent.Now(RunEventKind.Scale, scaled.Role, total: scaled.Count));
                    sender.Tell(new JobAnswer(true, $"{scaled.Count} {scaled.Role}(s) are wanted"));
                });
                break;
            default:
                sender.Tell(new JobAnswer(false, $"{m.Kind} {m.Role} {m.Count} is not understood"));
                break;
        }
    }

    private sealed record NoStageCame;
}
