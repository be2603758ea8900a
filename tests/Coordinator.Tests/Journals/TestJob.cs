using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Pattern;
using Ism.Coordinator.Jobs;
using Ism.Featurizer.Tests;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>A job that begins with tokenising, since it is given an autoencoder and a codebook; then it waits for trainers.</summary>
internal sealed class TestJob
{
    private readonly IActorRef _job;

    /// <summary>Opens the job in a new actor system, supervised as the cluster's singleton is.</summary>
    public TestJob(JournalPlace place, FeaturizerWorkspace corpus, Props holder)
    {
        var options = OptionsFor(corpus);
        System = place.StartSystem();
        var leases = System.ActorOf(holder);
        var job = JobActor.Props(options, place.Workspace, _ => leases, Keep, error => Ended.Put(error ?? "complete"));
        _job = System.ActorOf(BackoffSupervisor.Props(
            Backoff.OnStop(job, "job", TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(4), 0.1, -1)));
    }

    public ActorSystem System { get; }

    /// <summary>What people are told.</summary>
    public Mailbox Events { get; } = new();

    /// <summary>How the job ended, once.</summary>
    public Mailbox Ended { get; } = new();

    /// <summary>All warnings so far.</summary>
    public ConcurrentQueue<string> Warnings { get; } = new();

    public static JobOptions OptionsFor(FeaturizerWorkspace corpus) => new()
    {
        Name = "test",
        Corpus = new CorpusOptions { Structures = [corpus.Structures], ChunkSize = FeaturizerWorkspace.ChunkSize },
        Autoencoder = new AutoencoderOptions { From = corpus.Workspace.At(Workspace.Autoencoder) },
        Codebook = new CodebookOptions { From = corpus.Workspace.At(Workspace.Codebook) },
        Cluster = new ClusterOptions { Trainers = 1 },
    };

    /// <summary>A person's word, and the answer.</summary>
    public Task<JobAnswer> AskAsync(JobCommandKind kind, string role = "", int count = 0) =>
        _job.Ask<JobAnswer>(new JobCommand(kind, role, count, "a test"), Mailbox.Patience);

    /// <summary>A message to the job.</summary>
    public void Tell(object message) => _job.Tell(message);

    /// <summary>Where it stands.</summary>
    public Task<JobStatus> StatusAsync() => _job.Ask<JobStatus>(new JobStatusRequest(), Mailbox.Patience);

    private void Keep(RunEvent e)
    {
        if (e.Kind == RunEventKind.Warning)
        {
            Warnings.Enqueue(e.Message);
        }

        Events.Put(e);
    }
}
