using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer;

/// <summary>This node to its trainer: leave the training group at the next step boundary; answered by
/// <see cref="HasLeft"/>.</summary>
public sealed record LeavePolitely;

/// <summary>Trainer to this node: it is in no generation any more.</summary>
public sealed record HasLeft;

/// <summary>
/// One rank's side of the training group's protocol: registers, leaves a generation when a newer one is prepared, and runs the steps on
/// a thread of its own. The model stays in memory over generations. Of several coordinators it obeys the one with the highest term.
/// </summary>
public sealed partial class TrainerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan RegisterEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SpeakEvery = TimeSpan.FromSeconds(1);
    private readonly string _nodeId;
    private readonly string _host;
    private readonly JobOptions _job;
    private readonly Workspace _workspace;
    private readonly IActorRef _coordinator;
    private readonly IActorRef _region;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TrainerThread _thread;
    private readonly RingTls? _tls;
    private IActorRef _group = ActorRefs.Nobody;
    private long _term;
    private PrepareGeneration? _prepare;
    private long _readyStep = -1;
    private bool _ready;
    private TcpRingListener? _listener;
    private StartGeneration? _running;
    private GenerationEnded? _lastEnd;

    /// <summary>A trainer that other ranks reach at <paramref name="host"/>.</summary>
    /// <param name="nodeId">Its name.</param>
    /// <param name="host">Its address.</param>
    /// <param name="job">The resolved job.</param>
    /// <param name="workspace">The job's files.</param>
    /// <param name="coordinator">Where registrations go.</param>
    /// <param name="region">The shard region of chunk entities.</param>
    /// <param name="create">Makes the runtime of a stage; null: <see cref="StageRuntimes.Create"/>.</param>
    /// <param name="tls">Makes the links between ranks secret; null: plain TCP.</param>
    public TrainerActor(
        string nodeId,
        string host,
        JobOptions job,
        Workspace workspace,
        IActorRef coordinator,
        IActorRef region,
        Func<TrainingStage, IStageRuntime>? create = null,
        RingTls? tls = null)
    {
        (_nodeId, _host, _job, _workspace, _coordinator, _region) = (nodeId, host, job, workspace, coordinator, region);
        _tls = tls;
        var self = Self;
        _thread = new TrainerThread(
            job,
            create ?? (stage => StageRuntimes.Create(stage, job, workspace, TrainingDevice.Of(job.Cluster, nodeId))),
            m => self.Tell(m, ActorRefs.NoSender));
        Receive<RegisterNow>(_ => Register());
        Receive<Speak>(_ => OnSpeak());
        Receive<TrainerRegistered>(_ => SayLeaving(), m => Obeys(m.Term));
        Receive<PrepareGeneration>(OnPrepare);
        Receive<StartGeneration>(OnStart);
        Receive<StopGeneration>(OnStop);
        Receive<CheckpointGeneration>(m =>
        {
            if (Obeys(m.Term) && m.Generation == _running?.Generation)
            {
                _thread.Checkpoint(m.Request);
            }
        });
        Receive<TrainerThread.Ready>(OnReady);
        Receive<TrainerThread.Ended>(OnEnded);
        Receive<Report>(m => _group.Tell(m.Message));
        Receive<LeavePolitely>(_ => OnLeavePolitely());
        Receive<GroupLeft>(_ => OnGroupLeft(), m => Obeys(m.Term));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private long Heard => _prepare?.Generation ?? 0;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("register", RegisterNow.Instance, TimeSpan.Zero, RegisterEvery);
        Timers.StartPeriodicTimer("speak", Speak.Instance, SpeakEvery);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _listener?.Dispose();
        _thread.Dispose();
        base.PostStop();
    }

    // A coordinator that was frozen and wakes has a lower term than its successor: it steers nobody any more.
    private bool Obeys(long term)
    {
        if (term < _term)
        {
            return false;
        }

        (_term, _group) = (term, Sender);
        return true;
    }

    private void Register()
    {
        if (!_leaving)
        {
            _coordinator.Tell(new RegisterTrainer(_nodeId, _host, Heard, _prepare?.Stage.StageId ?? "")
            {
                Running = _running?.Generation ?? -1,
                Members = [.. _running?.Members.Select(m => m.NodeId) ?? []],
                Group = _running?.Group ?? "",
                Step = _prepare is null ? -1 : _thread.StepOf(_prepare.Stage.StageId),
                Term = _prepare?.Term ?? 0,
            });
        }
    }

    private void OnSpeak()
    {
        SayLeaving();
        if (_prepare is { } prepare && !_ready && _thread.Doing is { } doing)
        {
            _group.Tell(new GenerationPreparing(prepare.Generation, _nodeId, doing));
        }
    }

    private void OnPrepare(PrepareGeneration m)
    {
        if (!Obeys(m.Term))
        {
            return;
        }

        if (_leaving)
        {
            SayLeaving();
        }
        else if (m.Generation == Heard && m.Term == _prepare?.Term)
        {
            if (!m.AtBoundary && _running is { } old && old.Generation < m.Generation)
            {
                _thread.Interrupt($"generation {m.Generation} forms and waits no longer");
            }

            Answer();
        }
        else if (m.Generation > Heard)
        {
            Prepare(m);
        }
        else
        {
            // A number that another coordinator has used before: it learns of it and takes a higher one.
            Register();
        }
    }

    private void Prepare(PrepareGeneration m)
    {
        (_prepare, _ready) = (m, false);
        _listener?.Dispose();
        _listener = null;
        if (_running is not null)
        {
            var why = $"generation {m.Generation} forms";
            if (m.AtBoundary)
            {
                _thread.LeaveAtBoundary(why);
            }
            else
            {
                _thread.Interrupt(why);
            }
        }

        _thread.Prepare(m.Generation, m.Stage, m.LivingState, line => _log.Warning("{0}", line));
    }

    private void OnReady(TrainerThread.Ready m)
    {
        if (m.Generation != Heard)
        {
            return;
        }

        if (m.Error is not null)
        {
            _group.Tell(new GenerationEnded(m.Generation, _nodeId, m.Step, GenerationOutcome.Failed, m.Error));
            return;
        }

        (_ready, _readyStep) = (true, m.Step);
        Answer();
    }

    private void Answer()
    {
        if (_prepare is null || !_ready || _running is not null)
        {
            return;
        }

        try
        {
            _listener ??= new TcpRingListener(
                _host, any: !IPAddress.TryParse(_host, out var address) || !IPAddress.IsLoopback(address), tls: _tls);
        }
        catch (SocketException e)
        {
            var reason = $"cannot listen on {_host} for the other ranks: {e.Message}; check the node's --host";
            _group.Tell(new GenerationEnded(_prepare.Generation, _nodeId, _readyStep, GenerationOutcome.Failed, reason));
            return;
        }

        var endpoint = _listener.Endpoint;
        var port = int.Parse(endpoint.AsSpan(endpoint.LastIndexOf(':') + 1), System.Globalization.CultureInfo.InvariantCulture);
        _group.Tell(new GenerationPrepared(_prepare.Generation, _nodeId, _host, port, _readyStep) { Term = _prepare.Term });
    }

    private void OnStart(StartGeneration m)
    {
        if (!Obeys(m.Term) || m.Generation != Heard || _listener is null || _running is not null || _leaving)
        {
            return;
        }

        _running = m;
        var (system, self) = (Context.System, Self);
        var host = new StageLoopHost(
            _job,
            _workspace,
            (plan, buffer) => new Fetching(system, SampleFetcher.Props(plan, buffer, _region, _workspace)),
            report => self.Tell(new Report(report), ActorRefs.NoSender),
            line => _log.Warning("{0}", line));
        var membership = new RingMembership
        {
            Group = Guid.Parse(m.Group),
            Generation = m.Generation,
            Rank = m.Rank,
            Endpoints = [.. m.Members.Select(e => $"{e.Host}:{e.Port}")],
        };
        _log.Info("rank {0} of {1} in generation {2}, {3}", m.Rank, m.Members.Length, m.Generation, _prepare!.Stage.StageId);
        _thread.Start(host, _listener, membership, [.. m.Members.Select(e => e.NodeId)]);
        (_listener, _ready) = (null, false);
    }

    private void OnStop(StopGeneration m)
    {
        if (!Obeys(m.Term))
        {
            return;
        }

        if (m.Generation != _running?.Generation)
        {
            // The word that it has ended was lost.
            if (m.Generation == _lastEnd?.Generation)
            {
                _group.Tell(_lastEnd);
            }
        }
        else if (m.AtBoundary)
        {
            if (m.Checkpoint)
            {
                _thread.Checkpoint(long.MaxValue);
            }

            _thread.LeaveAtBoundary(m.Reason);
        }
        else
        {
            _thread.Interrupt(m.Reason);
        }
    }

    private void OnEnded(TrainerThread.Ended m)
    {
        if (m.Generation != _running?.Generation)
        {
            return;
        }

        _running = null;
        if (m.Outcome == GenerationOutcome.Completed)
        {
            _log.Info("generation {0} is complete after step {1}", m.Generation, m.Step);
        }
        else
        {
            _log.Warning("generation {0} ended after step {1}: {2}", m.Generation, m.Step, m.Reason);
        }

        _lastEnd = new GenerationEnded(m.Generation, _nodeId, m.Step, m.Outcome, m.Reason) { Lost = m.Lost, Final = m.Final };
        _group.Tell(_lastEnd);
        FinishLeaving();
    }

    private sealed record Report(object Message);

    private sealed class RegisterNow
    {
        public static readonly RegisterNow Instance = new();
    }

    private sealed class Speak
    {
        public static readonly Speak Instance = new();
    }
}
