using Akka.Actor;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Hosting;

/// <summary>Where commands of people come in: the same path on every coordinator, handed on to wherever the job runs.</summary>
public sealed class ControlDoor : ReceiveActor
{
    /// <summary>Name of the actor below /user.</summary>
    public const string ActorName = "control";

    /// <summary>A door to the job.</summary>
    /// <param name="job">The job's proxy (<see cref="JobSingleton.Proxy"/>).</param>
    public ControlDoor(IActorRef job)
    {
        Receive<JobCommand>(job.Forward);
        Receive<JobStatusRequest>(job.Forward);
        Receive<ChunkMapRequest>(job.Forward);
    }
}
