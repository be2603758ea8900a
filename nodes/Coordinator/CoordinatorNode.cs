using Akka.Actor;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Coordinator.Api;
using Ism.Coordinator.Jobs;
using Ism.Coordinator.Metrics;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator;

/// <summary>Makes a node a coordinator: the job's singleton runs on the oldest of them.</summary>
public static class CoordinatorNode
{
    /// <summary>Starts the singleton.</summary>
    /// <param name="system">A member of the cluster.</param>
    /// <param name="workspace">The job's workspace.</param>
    /// <param name="job">The resolved job.</param>
    /// <param name="emit">Takes progress events; any thread.</param>
    /// <param name="ended">Told once: null when the job is complete, else why not.</param>
    /// <param name="door">The API's way to the job; null where none is served.</param>
    public static void Start(
        ActorSystem system, Workspace workspace, JobOptions job, Action<RunEvent> emit, Action<string?> ended, JobDoor? door = null)
    {
        BringEvents(system, workspace);
        var log = new EventLog(workspace);
        JobSingleton.Host(system, JobActor.Props(job, workspace, LeaseHolders.Of(system), Keep, ended));
        var proxy = JobSingleton.Proxy(system);
        system.ActorOf(Props.Create(() => new ControlDoor(proxy)), ControlDoor.ActorName);
        door?.Open(system, proxy, workspace.Root);

        void Keep(RunEvent happened)
        {
            JobGauges.Happened(happened);
            log.Append(happened);
            emit(happened);
        }
    }

    // What was said before is not worth a job.
    private static void BringEvents(ActorSystem system, Workspace workspace)
    {
        try
        {
            workspace.BringLog(Workspace.Events);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            system.Log.Warning("events of earlier runs are not here: {0}", e.Message);
        }
    }
}
