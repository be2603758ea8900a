using Akka.Actor;
using Akka.Event;
using Ism.Featurizer.Metrics;
using Ism.Protocol.Samples;
using Ism.Protocol.Wire;

namespace Ism.Featurizer.Serving;

/// <summary>
/// The answers that a chunk entity is sending: each a byte stream cut into frames, sent as far as the trainer has granted credits. A
/// trainer that goes away simply grants no more; the stream that has waited longest goes when there are too many. Belongs to one actor.
/// </summary>
public sealed class SampleStreams(FeaturizerContext context, IActorRef self, ILoggingAdapter log)
{
    /// <summary>Streams kept at once.</summary>
    public const int MostStreams = 256;

    private readonly Dictionary<(IActorRef Trainer, long Request), Stream> _streams = [];
    private long _uses;

    /// <summary>A request: its answer is built on the serving thread.</summary>
    public void Fetch(FetchSamples request, IActorRef trainer)
    {
        if (request.Rows.Length != request.DrawKeys.Length || request.Credits < 1)
        {
            trainer.Tell(new SamplesNotReady(request.Request, "the request has unequal rows and keys, or no credits"));
            return;
        }

        context.Serving.Post(server => server.Answer(request), (answer, error) => self.Tell(new Ready(request, trainer, answer, error)));
    }

    /// <summary>The answer is built: its first frames go out.</summary>
    public void Begin(Ready ready)
    {
        if (ready.Error is not null)
        {
            log.Error(ready.Error, "samples of chunk {0} cannot be served", ready.Request.Key);
            ready.Trainer.Tell(new SamplesNotReady(ready.Request.Request, ready.Error.Message));
        }
        else if (ready.Answer is null)
        {
            ready.Trainer.Tell(new SamplesNotReady(ready.Request.Request, "its tokens are not made yet"));
        }
        else
        {
            if (_streams.Count >= MostStreams)
            {
                // Most likely that of a trainer that is gone; if it is still wanted, it is asked for again.
                _streams.Remove(_streams.MinBy(s => s.Value.Used).Key);
            }

            Send((ready.Trainer, ready.Request.Request), new Stream(ready.Answer), ready.Request.Credits);
        }
    }

    /// <summary>More credits for a stream.</summary>
    public void Grant(GrantCredits grant, IActorRef trainer)
    {
        if (_streams.TryGetValue((trainer, grant.Request), out var stream))
        {
            Send((trainer, grant.Request), stream, grant.Credits);
        }
    }

    private void Send((IActorRef Trainer, long Request) key, Stream stream, int credits)
    {
        for (; credits > 0; credits--)
        {
            var length = Math.Min(WireCodec.FrameBytes, stream.Bytes.Length - stream.Sent);
            var last = stream.Sent + length == stream.Bytes.Length;
            var payload = stream.Bytes.AsSpan(stream.Sent, length).ToArray();
            key.Trainer.Tell(new SampleFrame(key.Request, stream.Frames, last, payload), self);
            FeaturizerMetrics.Served(length);
            stream = stream with { Sent = stream.Sent + length, Frames = stream.Frames + 1 };
            if (last)
            {
                _streams.Remove(key);
                return;
            }
        }

        _streams[key] = stream with { Used = ++_uses };
    }

    private readonly record struct Stream(byte[] Bytes, int Sent = 0, int Frames = 0, long Used = 0);

    /// <summary>An answer is built, or could not be.</summary>
    public sealed record Ready(FetchSamples Request, IActorRef Trainer, byte[]? Answer, Exception? Error);
}
