using Akka.Actor;
using Akka.Event;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;

namespace Ism.GpuTrainer.Samples;

/// <summary>
/// Fetches a rank's samples several steps ahead from the chunk entities, frame by frame with credits. What does not come is asked for
/// again; when no featurizer answers at all, token files are read from the workspace directly.
/// </summary>
public sealed class SampleFetcher : ReceiveActor, IWithTimers
{
    private const int FirstCredits = 4;
    private static readonly TimeSpan NotReadyPause = TimeSpan.FromMilliseconds(250);
    private readonly FetchPlan _plan;
    private readonly StepBuffer _buffer;
    private readonly IActorRef _region;
    private readonly Workspace _workspace;
    private readonly Dictionary<long, PendingStep> _steps = [];
    private readonly Dictionary<long, PendingRequest> _requests = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private long _nextStep;
    private long _lastRequest;

    /// <summary>Fetches by a plan into a buffer.</summary>
    public SampleFetcher(FetchPlan plan, StepBuffer buffer, IActorRef region, Workspace workspace)
    {
        (_plan, _buffer, _region, _workspace) = (plan, buffer, region, workspace);
        _nextStep = plan.FirstStep;
        var self = Self;
        buffer.Taken = step => self.Tell(new StepTaken(step), ActorRefs.NoSender);
        Receive<StepTaken>(m => Extend(m.Step + 1 + _plan.Prefetch));
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

    private void Extend(long end)
    {
        for (; _nextStep < Math.Min(end, _plan.EndStep); _nextStep++)
        {
            var share = _plan.Share(_nextStep);
            var pending = new PendingStep(_nextStep, share);
            _steps[_nextStep] = pending;
            foreach (var chunk in Enumerable.Range(0, share.Count).GroupBy(i => share[i].Chunk))
            {
                Ask(new PendingRequest(pending, chunk.Key, [.. chunk]));
                pending.Open++;
            }

            CompleteIfDone(pending);
        }
    }

    private void Ask(PendingRequest request)
    {
        _requests.Remove(request.Id);
        request.Id = ++_lastRequest;
        request.Frames.Clear();
        request.AskAt = DateTime.UtcNow + _plan.AskAgain;
        _requests[request.Id] = request;
        var positions = request.Places.Select(i => request.Step.Share[i]).ToArray();
        _region.Tell(new FetchSamples
        {
            Key = new ChunkKey(_plan.Catalogue, request.Chunk),
            Request = request.Id,
            Kind = _plan.Kind,
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

        if (Samples(request) is { } samples)
        {
            Fill(request, samples);
        }
        else
        {
            request.AskAt = DateTime.UtcNow;
        }
    }

    // Null when the answer is not what was asked for; the fetcher must outlive any answer.
    private List<ReadOnlyMemory<byte>>? Samples(PendingRequest request)
    {
        try
        {
            var samples = SamplePayload.Split(Joined(request.Frames)).ToList();
            if (samples.Select(s => s.Row).SequenceEqual(request.Places.Select(i => request.Step.Share[i].Row)))
            {
                return [.. samples.Select(s => s.Sample)];
            }

            request.Reason = $"answered with {samples.Count} samples for {request.Places.Length}, or with other rows";
        }
        catch (InvalidDataException e)
        {
            request.Reason = e.Message;
        }

        _log.Warning("chunk {0}: {1}; asked again", request.Chunk, request.Reason);
        return null;
    }

    private void Fill(PendingRequest request, IReadOnlyList<ReadOnlyMemory<byte>> samples)
    {
        _requests.Remove(request.Id);
        for (var i = 0; i < samples.Count; i++)
        {
            request.Step.Samples[request.Places[i]] = samples[i];
        }

        request.Step.Open--;
        CompleteIfDone(request.Step);
    }

    private void CompleteIfDone(PendingStep step)
    {
        if (step.Open == 0 && _steps.Remove(step.Number))
        {
            _buffer.Put(step.Number, [.. step.Share.Select((p, i) => new FetchedSample(p, step.Samples[i]))]);
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
            : string.Join(", ", _requests.Values.OrderBy(r => r.Step.Number).Take(4)
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
            using var file = TokenFile.Open(path);
            var samples = request.Places.Select(i => request.Step.Share[i])
                .Select(p => TokenCrop.Draw(file, p.Position, p.DrawKey, _plan.Limit))
                .Select(c => (ReadOnlyMemory<byte>)(c is null ? [] : c.ToBytes())).ToList();
            _log.Info("no featurizer answers for chunk {0}; read its token file", request.Chunk);
            Fill(request, samples);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            request.Reason = $"no featurizer answers, and {e.Message}";
            return false;
        }
    }

    private static byte[] Joined(List<byte[]> frames)
    {
        if (frames.Count == 1)
        {
            return frames[0];
        }

        var bytes = new byte[frames.Sum(f => f.Length)];
        var at = 0;
        foreach (var frame in frames)
        {
            frame.CopyTo(bytes, at);
            at += frame.Length;
        }

        return bytes;
    }

    private sealed record StepTaken(long Step);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class PendingStep(long number, IReadOnlyList<SamplePosition> share)
    {
        public long Number { get; } = number;

        public IReadOnlyList<SamplePosition> Share { get; } = share;

        public ReadOnlyMemory<byte>[] Samples { get; } = new ReadOnlyMemory<byte>[share.Count];

        public int Open { get; set; }
    }

    private sealed class PendingRequest(PendingStep step, int chunk, int[] places)
    {
        public PendingStep Step { get; } = step;

        public int Chunk { get; } = chunk;

        /// <summary>Places of the asked samples in the step's share.</summary>
        public int[] Places { get; } = places;

        public long Id { get; set; }

        public List<byte[]> Frames { get; } = [];

        public DateTime AskAt { get; set; }

        public int Unanswered { get; set; }

        public string Reason { get; set; } = "no answer yet";
    }
}
