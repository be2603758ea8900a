using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer;

/// <summary>The generations that this rank is prepared for, takes part in, and leaves.</summary>
public sealed partial class TrainerActor
{
    private PrepareGeneration? _prepare;
    private long _readyStep = -1;
    private bool _ready;
    private TcpRingListener? _listener;
    private StartGeneration? _running;
    private GenerationEnded? _lastEnd;

    private long Heard => _prepare?.Generation ?? 0;

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
}
