using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Xunit.Abstractions;

namespace Ism.Cluster.Tests.Links;

/// <summary>Two nodes that connect to each other at the same time, one of which is answered too late.</summary>
public sealed class SlowAnswerTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly string _workspace = Directory.CreateTempSubdirectory("ism-links-").FullName;
    private readonly LateAnswers _door = new();
    private ActorSystem? _caller;
    private ActorSystem? _called;

    public Task InitializeAsync()
    {
        _called = System(LateAnswers.FreePort(), _door.Port);
        _caller = System(0, 0);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_caller!.Terminate(), _called!.Terminate());
        _door.Dispose();
        Directory.Delete(_workspace, recursive: true);
    }

    [Fact]
    public async Task Should_reach_each_other_after_an_answer_that_came_too_late()
    {
        _caller!.ActorOf(Props.Create(() => new Answerer()), "answerer");
        _called!.ActorOf(Props.Create(() => new Answerer()), "answerer");
        var there = _caller.ActorSelection($"akka.tcp://ism@127.0.0.1:{_door.Port}/user/answerer");
        var back = _called.ActorSelection($"akka.tcp://ism@127.0.0.1:{Port(_caller)}/user/answerer");
        there.Tell("begin", ActorRefs.NoSender);
        back.Tell("begin", ActorRefs.NoSender);
        await _door.Withheld.WaitAsync(Limit);
        var since = Stopwatch.StartNew();
        foreach (var (name, way) in new[] { ("to the called", there), ("to the caller", back) })
        {
            while (true)
            {
                try
                {
                    Assert.Equal("yes", await way.Ask<string>("there?", Patience));
                    output.WriteLine($"{name}: answered after {since.Elapsed.TotalSeconds:F1} s, {_door.Connections} connections");
                    break;
                }
                catch (AskTimeoutException)
                {
                    Assert.True(since.Elapsed < Limit, $"{name}: no answer in {since.Elapsed.TotalSeconds:F0} s, {_door.Connections} connections");
                }
            }
        }
    }

    private static int Port(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress.Port!.Value;

    private ActorSystem System(int port, int publicPort)
    {
        if (port > 0)
        {
            _door.Forward(port);
        }

        var options = new NodeOptions { Role = NodeRoles.Trainer, NodeId = $"trainer-{port}", Workspace = _workspace };
        return ActorSystem.Create(NodeOptions.SystemName, ConfigurationFactory.ParseString($$"""
            akka.remote {
              dot-netty.tcp { port = {{port}}, public-port = {{publicPort}}, connection-timeout = 1s }
              retry-gate-closed-for = 0.2s
            }
            """).WithFallback(NodeHocon.For(options)));
    }

    private sealed class Answerer : ReceiveActor
    {
        public Answerer() => ReceiveAny(_ => Sender.Tell("yes"));
    }
}
