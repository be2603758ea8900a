using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Partitions;

/// <summary>
/// One node in this process, with a real transport whose links can be cut, joined like <c>ism node</c> joins, and joining again when it was cut
/// off. Its way to the workspace is its own, so that it can lose that as well.
/// </summary>
internal sealed class TestNode
{
    /// <summary>How much faster than usual everything goes.</summary>
    public const double Faster = 5;

    private const int MostOrders = 5;
    private readonly TestCluster _cluster;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _workspace;
    private readonly Task _life;
    private volatile bool _killed;
    private volatile ActorSystem? _system;

    public TestNode(TestCluster cluster, string role, int number)
    {
        (_cluster, Role, Name) = (cluster, role, $"{role}-{number}");
        _workspace = Path.Combine(cluster.Root, "ways", $"{Name}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path.GetDirectoryName(_workspace)!);
        Directory.CreateSymbolicLink(_workspace, cluster.Workspace);
        _life = Task.Run(LiveAsync);
    }

    public string Name { get; }

    public string Role { get; }

    /// <summary>How often it has joined.</summary>
    public int Lives { get; private set; }

    /// <summary>It has joined and not left since.</summary>
    public bool IsIn { get; private set; }

    /// <summary>Its system, while it has one.</summary>
    public ActorSystem? System => _system;

    public Akka.Actor.Address? Address => _system is { WhenTerminated.IsCompleted: false } system ? Akka.Cluster.Cluster.Get(system).SelfAddress : null;

    /// <summary>Members that are up and reachable in its eyes, by address; empty while it is outside.</summary>
    public IReadOnlyList<string> Sees
    {
        get
        {
            if (_system is not { WhenTerminated.IsCompleted: false } system)
            {
                return [];
            }

            var state = Akka.Cluster.Cluster.Get(system).State;
            return [.. state.Members.Where(m => m.Status == MemberStatus.Up && !state.Unreachable.Contains(m)).Select(m => m.Address.ToString()).Order()];
        }
    }

    /// <summary>Addresses of all members in its eyes, reachable or not.</summary>
    public IReadOnlyList<string> Counts => _system is { WhenTerminated.IsCompleted: false } system
        ? [.. Akka.Cluster.Cluster.Get(system).State.Members.Select(m => m.Address.ToString()).Order()] : [];

    /// <summary>Ends without a word to anybody: no link, no workspace, then no process.</summary>
    public async Task KillAsync()
    {
        _killed = true;
        await _cluster.CutAsync(this);
        File.Delete(_workspace);
        Directory.CreateDirectory(_workspace);
        await _stop.CancelAsync();
        await _life;
    }

    /// <summary>Leaves politely.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _life;
    }

    /// <summary>Cuts or heals its side of the link to an address. The adapter now and then leaves an order unanswered, when a connection is
    /// just being made: it is given again.</summary>
    public async Task LinkAsync(Akka.Actor.Address to, bool cut)
    {
        for (var tries = 1; _system is { WhenTerminated.IsCompleted: false } system; tries++)
        {
            try
            {
                var transport = ((IRemoteActorRefProvider)((ExtendedActorSystem)system).Provider).Transport;
                ThrottleMode mode = cut ? Blackhole.Instance : Unthrottled.Instance;
                await transport.ManagementCommand(new SetThrottle(to, ThrottleTransportAdapter.Direction.Both, mode));
                return;
            }
            catch (Exception e) when (tries < MostOrders && new AggregateException(e).Flatten().InnerExceptions.All(i => i is AskTimeoutException))
            {
                // Given again.
            }
        }
    }

    private async Task LiveAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var options = new NodeOptions
            {
                Role = Role,
                NodeId = Name,
                Workspace = _workspace,
                Times = new MembershipTimes().DividedBy(Faster),
                JoinTimeout = TimeSpan.FromMinutes(2),
            };
            var system = ActorSystem.Create(NodeOptions.SystemName, Configuration(options));
            try
            {
                _system = system;
                await _cluster.ApplyCutsAsync(this);
                var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (await NodeHost.JoinAsync(system, options, _ => left.TrySetResult(), _stop.Token))
                {
                    Lives++;
                    CapturedLog.Add(_cluster.Root, $"{Name}: joined as {Address}");
                    StartActors(system);
                    IsIn = true;
                    await Task.WhenAny(left.Task, system.WhenTerminated).WaitAsync(_stop.Token);
                }

                CapturedLog.Add(_cluster.Root, $"{Name}: left");
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // Stopped by the test.
            }
            catch (TimeoutException e)
            {
                CapturedLog.Add(_cluster.Root, $"{Name}: {e.Message}");
            }
            finally
            {
                IsIn = false;
                await (_killed ? system.Terminate() : CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance));
            }
        }
    }

    private void StartActors(ActorSystem system)
    {
        if (Role == NodeRoles.Coordinator)
        {
            JobSingleton.Host(system, Props.Create(() => new CountedSingleton(_cluster.Singletons, Name)));
        }
        else if (Role == NodeRoles.Featurizer)
        {
            Props Entity(string id) => Props.Create(() => new Echo(Name));
            ClusterSharding.Get(system).Start("echo", Entity, ClusterShardingSettings.Create(system).WithRole(Role), new EchoExtractor());
        }
    }

    private Config Configuration(NodeOptions options) => ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
        test { log = "{{_cluster.Root}}", node = "{{Name}}" }
        akka {
          loggers = ["Ism.Cluster.Tests.Partitions.CapturedLog, Ism.Cluster.Tests"]
          remote {
            dot-netty.tcp { applied-adapters = ["trttl", "gremlin"], connection-timeout = {{8 / Faster}}s }
            retry-gate-closed-for = {{1 / Faster}}s
          }
          coordinated-shutdown { run-by-actor-system-terminate = off, default-phase-timeout = 1s }
          coordinated-shutdown.phases {
            before-service-unbind.timeout = 1s
            before-cluster-shutdown.timeout = 5s
            cluster-sharding-shutdown-region.timeout = 1s
            cluster-leave.timeout = 1s
            cluster-exiting.timeout = 1s
          }
          cluster {
            failure-detector {
              heartbeat-interval = {{1 / Faster}}s
              acceptable-heartbeat-pause = {{10 / Faster}}s
              expected-response-after = {{1 / Faster}}s
            }
            gossip-interval = {{1 / Faster}}s
            leader-actions-interval = {{1 / Faster}}s
            unreachable-nodes-reaper-interval = {{1 / Faster}}s
            seed-node-timeout = {{5 / Faster}}s
            down-removal-margin = {{3 / Faster}}s
            singleton.hand-over-retry-interval = {{1 / Faster}}s
          }
        }
        """)).WithFallback(NodeHocon.For(options));
}
