using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Benchmarks.Scale;

/// <summary>
/// Featurizers that join a running job: actor systems of this process over TCP, with the real ledger and journal; a chunk's work is
/// a pause, one after the other on each node, as on its compute thread, so the processor is there for what is measured. What counts is the
/// time that the nodes spend at work.
/// </summary>
internal sealed class Rebalancing(string folder, TimeSpan work, TimeSpan before, TimeSpan after)
{
    private const int First = 4;
    private const int Last = 16;
    private const double Reached = 0.95;
    private readonly List<ActorSystem> _systems = [];
    private readonly List<SimulatedNode> _nodes = [];

    /// <summary>`rebalance [work=SECONDS] [before=SECONDS] [after=SECONDS] [runs=N]`.</summary>
    public static async Task RunAsync(string folder, string[] settings)
    {
        var given = settings.Select(s => s.Split('=', 2)).ToDictionary(s => s[0], s => double.Parse(s[1]));
        var runs = (int)given.GetValueOrDefault("runs", 1);
        for (var run = 1; run <= runs; run++)
        {
            Console.WriteLine($"run {run} of {runs}");
            await new Rebalancing(
                Path.Combine(folder, $"run-{run}"),
                TimeSpan.FromSeconds(given.GetValueOrDefault("work", 2)),
                TimeSpan.FromSeconds(given.GetValueOrDefault("before", 30)),
                TimeSpan.FromSeconds(given.GetValueOrDefault("after", 60))).RunAsync();
        }
    }

    private async Task RunAsync()
    {
        Directory.CreateDirectory(Path.Combine(folder, "results"));
        try
        {
            var coordinator = await UpAsync(NodeRoles.Coordinator);
            for (var i = 0; i < First; i++)
            {
                await FeaturizerAsync(i);
            }

            // More chunks than are done, so that none is lacking.
            var setup = new LedgerSetup(
                new ChunkWork { WorkId = "rebalance", Kind = WorkKind.Tokenise, Catalogue = "scale-0", Output = "results" },
                [.. Enumerable.Range(0, 20_000)], TimeSpan.FromMinutes(1), 4, chunk => Path.Combine(folder, "results", $"{chunk}"));
            var progress = new LedgerWatch();
            coordinator.ActorOf(Props.Create(() => new RebalancingParent(LedgerActor.Props(setup, LeaseHolders.Of(coordinator)), progress)));
            await WatchAsync(progress, before, First);
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(First, Last - First).Select(FeaturizerAsync));
            var joining = clock.Elapsed;
            Console.WriteLine($"  {Last - First} more are up after {joining.TotalSeconds:F1} s");
            await WatchAsync(progress, after, Last);
        }
        finally
        {
            await Task.WhenAll(_systems.Select(s => s.Terminate()));
        }
    }

    // Tells each second how many nodes were at work in it, and at the end each node's share.
    private async Task WatchAsync(LedgerWatch progress, TimeSpan time, int featurizers)
    {
        var began = Stopwatch.GetTimestamp();
        var shares = new List<double>();
        var (last, commits, processor) = (began, progress.Commits, Environment.CpuUsage.TotalTime);
        Console.WriteLine($"  {"second",6} {"at work",8} {"share",6} {"commits",8} {"leases",7} {"accepted",9} {"cores used",11}");
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            var now = Stopwatch.GetTimestamp();
            var passed = Stopwatch.GetElapsedTime(last, now);
            var atWork = _nodes.Sum(n => n.Busy(last, now) / passed);
            shares.Add(atWork / featurizers);
            Console.WriteLine($"  {Stopwatch.GetElapsedTime(began, now).TotalSeconds,6:F0} {atWork,8:F1} {atWork / featurizers,6:P0} "
                + $"{progress.Commits - commits,8} {progress.Leased,7} {_nodes.Sum(n => n.Held),9} "
                + $"{(Environment.CpuUsage.TotalTime - processor) / passed,11:F2}");
            (last, commits, processor) = (now, progress.Commits, Environment.CpuUsage.TotalTime);
        }

        var end = Stopwatch.GetTimestamp();
        var reached = shares.FindIndex(share => share >= Reached);
        Console.WriteLine($"  {featurizers} featurizers: {shares.Average():P0} of their time at work, "
            + $"{shares.TakeLast(shares.Count / 2).Average():P0} in the second half; {(reached < 0 ? $"{Reached:P0} never reached" : $"{Reached:P0} reached in second {reached + 1}")}");
        Console.WriteLine("  each node's share: "
            + string.Join(" ", _nodes.Select(n => $"{n.Busy(began, end) / Stopwatch.GetElapsedTime(began, end):P0}")));
    }

    private async Task FeaturizerAsync(int number)
    {
        var system = await UpAsync(NodeRoles.Featurizer);
        var node = new SimulatedNode();
        lock (_nodes)
        {
            _nodes.Add(node);
        }

        var worker = system.ActorOf(Props.Create(() => new PausingWorker(Path.Combine(folder, "results"), work, node)), $"worker-{number}");
        system.ActorOf(Props.Create(() => new PausingHolder(worker, node)), LeaseHolders.ActorName);
    }

    private async Task<ActorSystem> UpAsync(string role)
    {
        var config = ConfigurationFactory.ParseString($$"""
            akka.cluster.roles = [{{role}}]
            akka.loglevel = OFF
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """).WithFallback(NodeHocon.For(new NodeOptions { Role = role, NodeId = role, Workspace = folder }));
        var system = ActorSystem.Create(NodeOptions.SystemName, config);
        ActorSystem seed;
        lock (_systems)
        {
            _systems.Add(system);
            seed = _systems[0];
        }

        var cluster = Akka.Cluster.Cluster.Get(system);
        var up = new TaskCompletionSource();
        cluster.RegisterOnMemberUp(() => up.TrySetResult());
        cluster.Join(Akka.Cluster.Cluster.Get(seed).SelfAddress);
        await up.Task;
        return system;
    }
}
