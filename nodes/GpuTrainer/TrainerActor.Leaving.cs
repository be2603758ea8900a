using Akka.Actor;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer;

/// <summary>Leaving the group on request of the node.</summary>
public sealed partial class TrainerActor
{
    private readonly List<IActorRef> _asked = [];
    private bool _leaving;
    private bool _released;

    private void OnLeavePolitely()
    {
        _asked.Add(Sender);
        _leaving = true;
        if (_group.IsNobody())
        {
            // No group has ever answered: there is nothing to leave.
            _released = true;
        }

        SayLeaving();
        FinishLeaving();
    }

    private void SayLeaving()
    {
        if (_leaving && !_released)
        {
            _group.Tell(new LeaveGroup(_nodeId));
        }
    }

    private void OnGroupLeft()
    {
        if (_leaving)
        {
            _released = true;
            // A group that does not know of the generation (a new coordinator's) lets go at once; its other members still count on
            // this rank to the next boundary.
            _thread.LeaveAtBoundary($"{_nodeId} was asked to leave");
            FinishLeaving();
        }
    }

    private void FinishLeaving()
    {
        if (_leaving && _released && _running is null)
        {
            _asked.ForEach(a => a.Tell(new HasLeft()));
            _asked.Clear();
        }
    }
}
