using System.Diagnostics;
using Akka.Actor;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Collectives;
using Ism.Models.Training;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Cli.Estimation;

/// <summary>A trainer's way through the stages of a job, one after the other in one process, in a ring with the other trainers.</summary>
/// <param name="workspace">The scratch workspace.</param>
/// <param name="plan">What is done.</param>
/// <param name="rank">Number of this trainer.</param>
public sealed class TrainerRehearsal(Workspace workspace, RehearsalPlan plan, int rank)
{
    private const double TrainShare = 0.6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    /// <summary>Does it.</summary>
    public async Task<TrainerReading> RunAsync(CancellationToken cancel)
    {
        // As TrainerNode does, so that time and memory are those of a run.
        _ = HostMemory.KeepFreed();
        _ = KernelCache.Bound();
        var node = new NodeOptions { Role = NodeRoles.Trainer, NodeId = $"trainer-{rank}", Workspace = workspace.Root };
        using var system = ActorSystem.Create(NodeOptions.SystemName, NodeHocon.For(node));
        // A cluster of its own, so that the process holds what a member does.
        var cluster = Akka.Cluster.Cluster.Get(system);
        cluster.Join(cluster.SelfAddress);
        ChunkRegion.Proxy(system);
        using var listener = new TcpRingListener(node.Host);
        var membership = await MeetAsync(listener.Endpoint, cancel);
        // Tensors' scopes belong to a thread, so nothing is awaited from here on.
        return await Task.Factory.StartNew(
            () => Train(listener.Connect(membership, Patience, cancel)), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private TrainerReading Train(ICollectiveGroup ring)
    {
        using var group = ring;
        var job = workspace.ReadJob();
        _ = TorchSharp.torch.get_num_threads();
        var before = ProcessMemory.Now();
        var seconds = TrainShare * plan.Seconds / Math.Max(1, plan.Stages.Count);
        return new TrainerReading(before, [.. plan.Stages.Select(stage => Rehearse(job, stage, group, seconds))]);
    }

    private StageReading Rehearse(JobOptions job, TrainingStage stage, ICollectiveGroup group, double seconds) =>
        new StageRehearsal(workspace, job, stage, group, plan.Trainers, seconds).Run();

    // Each tells the others its address by a file and waits for theirs.
    private async Task<RingMembership> MeetAsync(string endpoint, CancellationToken cancel)
    {
        var folder = workspace.At("ring");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{rank}.new"), endpoint);
        File.Move(Path.Combine(folder, $"{rank}.new"), Path.Combine(folder, $"{rank}"));
        var clock = Stopwatch.StartNew();
        var files = Enumerable.Range(0, plan.World).Select(r => Path.Combine(folder, $"{r}")).ToList();
        while (!files.TrueForAll(File.Exists))
        {
            if (clock.Elapsed > Patience)
            {
                throw new TimeoutException($"not all of {plan.World} trainers were started within {Patience.TotalMinutes:F0} minutes");
            }

            await Task.Delay(LookAgain, cancel);
        }

        return new RingMembership
        {
            Group = GroupOf(workspace.Root),
            Generation = 1,
            Rank = rank,
            Endpoints = [.. files.Select(File.ReadAllText)],
        };
    }

    // The same for all trainers of this rehearsal, another one for any other.
    private static Guid GroupOf(string text) => new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
