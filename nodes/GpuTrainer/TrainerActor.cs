using System.Net;
using Akka.Actor;
using Akka.Event;
using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer;

/// <summary>
/// One rank's side of the training group's protocol: registers, leaves a generation when a newer one is prepared, and runs the steps on
/// a thread of its own. The model stays in memory over generations.
/// </summary>
public sealed class TrainerActor : ReceiveActor, IWithTimers
{
    private readonly string _nodeId;
    private readonly string _host;
    private readonly JobOptions _job;
    private readonly Workspace _workspace;
    private readonly IActorRef _coordinator;
    private readonly IActorRef _region;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TrainerThread _thread;
    private IActorRef _group = ActorRefs.Nobody;
    private PrepareGeneration? _prepare;
    private TcpRingListener? _listener;
    private long _running = -1;

    /// <summary>A trainer that other ranks reach at <paramref name="host"/>.</summary>
    public TrainerActor(
        string nodeId, string host, JobOptions job, Workspace workspace, IActorRef coordinator, IActorRef region)
    {
        (_nodeId, _host, _job, _workspace, _coordinator, _region) = (nodeId, host, job, workspace, coordinator, region);
        var self = Self;
        _thread = new TrainerThread(job, workspace, ended => self.Tell(ended, ActorRefs.NoSender));
        Receive<Register>(_ => _coordinator.Tell(
            new RegisterTrainer(_nodeId, _host, _prepare?.Generation ?? 0, _prepare?.Stage.StageId ?? "")));
        Receive<TrainerRegistered>(_ => { });
        Receive<PrepareGeneration>(OnPrepare);
        Receive<StartGeneration>(OnStart);
        Receive<StopGeneration>(m =>
        {
            if (m.Generation == _running)
            {
                _thread.Interrupt(m.Reason);
            }
        });
        Receive<TrainerThread.Ended>(OnEnded);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("register", Register.Instance, TimeSpan.Zero, TimeSpan.FromSeconds(2));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _listener?.Dispose();
        _thread.Dispose();
        base.PostStop();
    }

    private void OnPrepare(PrepareGeneration m)
    {
        if (m.Generation < (_prepare?.Generation ?? 0))
        {
            return;
        }

        _group = Sender;
        if (m.Generation == _prepare?.Generation)
        {
            Answer();
            return;
        }

        _prepare = m;
        _listener?.Dispose();
        _listener = null;
        if (_running >= 0)
        {
            // Answered when the thread has left the old generation.
            _thread.Interrupt($"generation {m.Generation} forms");
        }
        else
        {
            Answer();
        }
    }

    private void Answer()
    {
        if (_prepare is null || _running >= 0)
        {
            return;
        }

        _listener ??= new TcpRingListener(_host, any: !IPAddress.TryParse(_host, out var address) || !IPAddress.IsLoopback(address));
        var endpoint = _listener.Endpoint;
        var port = int.Parse(endpoint.AsSpan(endpoint.LastIndexOf(':') + 1), System.Globalization.CultureInfo.InvariantCulture);
        var step = _thread.StepOf(_prepare.Stage.StageId);
        _group.Tell(new GenerationPrepared(_prepare.Generation, _nodeId, _host, port, step));
    }

    private void OnStart(StartGeneration m)
    {
        if (m.Generation != _prepare?.Generation || _listener is null || _running >= 0)
        {
            return;
        }

        _running = m.Generation;
        var group = _group;
        var system = Context.System;
        var host = new StageLoopHost(
            _job,
            _workspace,
            (plan, buffer) => new Fetching(system, SampleFetcher.Props(plan, buffer, _region, _workspace)),
            report => group.Tell(report),
            line => _log.Warning(line));
        var membership = new RingMembership
        {
            Group = Guid.Parse(m.Group),
            Generation = m.Generation,
            Rank = m.Rank,
            Endpoints = [.. m.Members.Select(e => $"{e.Host}:{e.Port}")],
        };
        var listener = _listener;
        _listener = null;
        _log.Info("rank {0} of {1} in generation {2}, {3}", m.Rank, m.Members.Length, m.Generation, _prepare.Stage.StageId);
        _thread.Start(_prepare.Stage, host, listener, membership);
    }

    private void OnEnded(TrainerThread.Ended m)
    {
        if (m.Generation != _running)
        {
            return;
        }

        _running = -1;
        if (m.Outcome == GenerationOutcome.Completed)
        {
            _log.Info("generation {0} is complete after step {1}", m.Generation, m.Step);
        }
        else
        {
            _log.Warning("generation {0} ended after step {1}: {2}", m.Generation, m.Step, m.Reason);
        }

        if (_prepare is not null && _prepare.Generation > m.Generation)
        {
            Answer();
        }
        else
        {
            _group.Tell(new GenerationEnded(m.Generation, _nodeId, m.Step, m.Outcome, m.Reason));
        }
    }

    private sealed class Register
    {
        public static readonly Register Instance = new();
    }
}
