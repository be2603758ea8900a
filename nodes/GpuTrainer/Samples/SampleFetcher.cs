using Akka.Actor;
using Akka.Event;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;

namespace Ism.GpuTrainer.Samples;

/// <summary>
/// Fetches a rank's samples several steps ahead from the chunk entities, frame by frame with credits. Where samples are shared out by
/// cost, the lengths of a chunk's chains are asked for as many steps before its first sample, once, so that no step waits for them. What
/// does not come is asked for again; when no featurizer answers at all, token files are read from the workspace directly.
/// </summary>
public sealed class SampleFetcher : ReceiveActor, IWithTimers
{
    private const int FirstCredits = 4;
    private static readonly TimeSpan NotReadyPause = TimeSpan.FromMilliseconds(250);
    private readonly FetchPlan _plan;
    private readonly StepBuffer _buffer;
    private readonly IActorRef _region;
    private readonly Workspace _workspace;
    private readonly LengthTables _lengths = new();
    private readonly List<(long Step, IReadOnlyList<SamplePosition> Batch)> _coming = [];
    private readonly Dictionary<long, PendingRequest> _requests = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private long _nextStep;
    private long _fetchUntil;
    private long _lastRequest;

    /// <summary>Fetches by a plan into a buffer.</summary>
    public SampleFetcher(FetchPlan plan, StepBuffer buffer, IActorRef region, Workspace workspace)
    {
        (_plan, _buffer, _region, _workspace) = (plan, buffer, region, workspace);
        _nextStep = plan.FirstStep;
        var self = Self;
        buffer.Taken = step => self.Tell(new StepTaken(step), ActorRefs.NoSender);
        buffer.Refused = step => self.Tell(new StepRefused(step), ActorRefs.NoSender);
        Receive<StepTaken>(m => Extend(m.Step + 1 + _plan.Prefetch));
        Receive<StepRefused>(OnRefused);
        Receive<SampleFrame>(OnFrame);
        Receive<SamplesNotReady>(OnNotReady);
        Receive<Tick>(_ => OnTick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props of a fetcher.</summary>
    public static Props Props(FetchPlan plan, StepBuffer buffer, IActorRef region, Workspace workspace) =>
        Akka.Actor.Props.Create(() => new SampleFetcher(plan, buffer, region, workspace));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("tick", Tick.Instance, NotReadyPause);
        Extend(_plan.FirstStep + _plan.Prefetch);
    }

    // The lengths are asked for again: they were another file's than those that another rank was told.
    private void OnRefused(StepRefused refused)
    {
        var batch = _plan.Batch(refused.Step);
        foreach (var chunk in batch.Select(p => p.Chunk).Distinct())
        {
            Ask(new PendingRequest(chunk, null, []));
        }

        FetchByCount(refused.Step, batch);
    }

    private void Extend(long end)
    {
        _fetchUntil = Math.Max(_fetchUntil, Math.Min(end, _plan.EndStep));
        if (!_plan.ByCost)
        {
            for (; _nextStep < _fetchUntil; _nextStep++)
            {
                FetchByCount(_nextStep, _plan.Batch(_nextStep));
            }

            return;
        }

        for (; _nextStep < Math.Min(_fetchUntil + _plan.Prefetch, _plan.EndStep); _nextStep++)
        {
            var batch = _plan.Batch(_nextStep);
            _coming.Add((_nextStep, batch));
            foreach (var chunk in batch.Select(p => p.Chunk).Distinct().Where(_lengths.Ask))
            {
                Ask(new PendingRequest(chunk, null, []));
            }
        }

        FetchByCost();
        _lengths.Trim(_coming.SelectMany(next => next.Batch));
    }

    // Those steps that are due and whose lengths are all there.
    private void FetchByCost() => _coming.RemoveAll(next =>
    {
        if (next.Step >= _fetchUntil || _lengths.Of(next.Batch, _plan.Limit) is not { } lengths)
        {
            return false;
        }

        var (share, plan) = _plan.ShareByCost(next.Batch, lengths);
        Fetch(new PendingStep(next.Step, share, plan));
        return true;
    });

    private void FetchByCount(long step, IReadOnlyList<SamplePosition> batch) => Fetch(new PendingStep(step, _plan.ShareByCount(batch), 0));

    private void Fetch(PendingStep pending)
    {
        var chunks = Enumerable.Range(0, pending.Share.Count).GroupBy(i => pending.Share[i].Chunk).ToList();
        pending.Open = chunks.Count;
        foreach (var chunk in chunks)
        {
            Ask(new PendingRequest(chunk.Key, pending, [.. chunk]));
        }

        PutIfDone(pending);
    }

    private void Ask(PendingRequest request)
    {
        _requests.Remove(request.Id);
        request.Id = ++_lastRequest;
        request.Frames.Clear();
        request.AskAt = DateTime.UtcNow + _plan.AskAgain;
        _requests[request.Id] = request;
        var positions = request.Positions.ToArray();
        _region.Tell(new FetchSamples
        {
            Key = new ChunkKey(_plan.Catalogue, request.Chunk),
            Request = request.Id,
            Kind = request.Step is null ? SampleKind.Lengths : _plan.Kind,
            Rows = [.. positions.Select(p => p.Row)],
            DrawKeys = [.. positions.Select(p => p.DrawKey)],
            Limit = _plan.Limit,
            Tokens = _plan.Tokens,
            Credits = FirstCredits,
        });
    }

    private void OnFrame(SampleFrame frame)
    {
        if (!_requests.TryGetValue(frame.Request, out var request) || frame.Sequence != request.Frames.Count)
        {
            return;
        }

        _buffer.SignOfLife();
        request.Frames.Add(frame.Payload);
        request.AskAt = DateTime.UtcNow + _plan.AskAgain;
        request.Unanswered = 0;
        if (!frame.Last)
        {
            _region.Tell(new GrantCredits(new ChunkKey(_plan.Catalogue, request.Chunk), request.Id, 1));
            return;
        }

        // The fetcher must outlive any answer.
        try
        {
            Take(request, request.Joined());
        }
        catch (InvalidDataException e)
        {
            request.Reason = e.Message;
            request.AskAt = DateTime.UtcNow;
            _log.Warning("chunk {0}: {1}; asked again", request.Chunk, request.Reason);
        }
    }

    private void Take(PendingRequest request, byte[] answer)
    {
        if (request.Step is null)
        {
            Learn(request, ChunkLengths.FromBytes(answer));
            return;
        }

        var samples = SamplePayload.Split(answer).ToList();
        if (!samples.Select(s => s.Row).SequenceEqual(request.Positions.Select(p => p.Row)))
        {
            throw new InvalidDataException($"answered with {samples.Count} samples for {request.Places.Length}, or with other rows");
        }

        Fill(request, request.Step, [.. samples.Select(s => s.Sample)]);
    }

    private void Learn(PendingRequest request, ChunkLengths lengths)
    {
        _requests.Remove(request.Id);
        _lengths.Add(request.Chunk, lengths);
        FetchByCost();
    }

    private void Fill(PendingRequest request, PendingStep step, IReadOnlyList<ReadOnlyMemory<byte>> samples)
    {
        _requests.Remove(request.Id);
        for (var i = 0; i < samples.Count; i++)
        {
            step.Samples[request.Places[i]] = samples[i];
        }

        step.Open--;
        PutIfDone(step);
    }

    private void PutIfDone(PendingStep step)
    {
        if (step.Open == 0)
        {
            _buffer.Put(step.Number, step.Fetched());
        }
    }

    private void OnNotReady(SamplesNotReady answer)
    {
        if (_requests.TryGetValue(answer.Request, out var request))
        {
            _buffer.SignOfLife();
            request.AskAt = DateTime.UtcNow + NotReadyPause;
            request.Reason = answer.Reason;
            request.Unanswered = 0;
        }
    }

    private void OnTick()
    {
        var now = DateTime.UtcNow;
        foreach (var request in _requests.Values.Where(r => r.AskAt <= now).ToList())
        {
            if (++request.Unanswered >= 2 && TryReadDirectly(request))
            {
                continue;
            }

            Ask(request);
        }

        _buffer.Describe(_requests.Count == 0
            ? "nothing"
            : string.Join(", ", _requests.Values.OrderBy(r => r.Step?.Number ?? _nextStep).Take(4)
                .Select(r => $"chunk {_plan.Catalogue}/{r.Chunk} ({r.Reason})")));
    }

    // Nobody has answered for two rounds: the shard region may have no featurizer at all. The workspace has the same tokens.
    private bool TryReadDirectly(PendingRequest request)
    {
        if (_plan.Kind != SampleKind.Tokens)
        {
            return false;
        }

        var path = TokenFile.PathOf(_workspace.At(_plan.Tokens), request.Chunk);
        try
        {
            _workspace.Bring(path, patient: false);
            using var file = TokenFile.Open(path);
            _log.Info("no featurizer answers for chunk {0}; read its token file", request.Chunk);
            if (request.Step is null)
            {
                Learn(request, ChunkLengths.Of(file));
                return true;
            }

            Fill(request, request.Step, [.. request.Positions.Select(p => TokenCrop.Draw(file, p.Position, p.DrawKey, _plan.Limit))
                .Select(c => (ReadOnlyMemory<byte>)(c is null ? [] : c.ToBytes()))]);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            request.Reason = $"no featurizer answers, and {e.Message}";
            return false;
        }
    }

    private sealed record StepTaken(long Step);

    private sealed record StepRefused(long Step);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
