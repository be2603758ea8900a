using Ism.Featurizer.Chunks;
using Ism.Structures;

namespace Ism.Featurizer.Isolation;

/// <summary>The inside of the process that tries one structure alone: what a chunk's work does with it, and nothing else.</summary>
public static class IsolatedWork
{
    /// <summary>Does the request and leaves its result beside it.</summary>
    /// <param name="context">The job.</param>
    /// <param name="requestPath">File of the request.</param>
    /// <param name="phase">Told how far it has come.</param>
    /// <exception cref="IOException">Catalogue, encoder or codebook cannot be read, or the result not be written.</exception>
    public static void Run(FeaturizerContext context, string requestPath, Action<IsolationPhase> phase)
    {
        var request = IsolationRequest.Load(requestPath);
        var entry = context.Catalogue(request.Catalogue).EntryOf(request.Position);
        using var cache = new EncoderCache(context.Encoding);
        using var work = StructureWork.Of(context, cache, request.Work);
        var watch = new Watch(phase);
        var read = StructureBatch.Read([entry], context.Reading, watch).Single();
        Result(context, request, entry, read, work).Save(IsolationRequest.ResultOf(requestPath));
    }

    private static IsolationResult Result(
        FeaturizerContext context, IsolationRequest request, StructureEntry entry, StructureResult read, StructureWork work)
    {
        if (read.Structure is not { } structure)
        {
            return read.Refusal!.IsAccess
                ? new IsolationResult { Denied = read.Refusal.Message }
                : Refused(read.Refusal.Reason, read.Refusal.Message);
        }

        try
        {
            return IsolationResult.Of(work.Make(request.Position, entry.Name, structure));
        }
        catch (OutOfMemoryException)
        {
            return Refused(RefusalReason.Crashed, $"{entry.DisplayName}: it needs more than {context.Job.Corpus.StructureMegabytes} MB "
                + $"alone; raise corpus.structureMegabytes if it is sound ({RefusalReason.Crashed})");
        }
        catch (Exception e) when (e is not IOException and not OperationCanceledException)
        {
            return Refused(
                RefusalReason.Crashed,
                $"{entry.DisplayName}: working on it alone failed with {e.GetType().Name}: {e.Message} ({RefusalReason.Crashed})");
        }

        IsolationResult Refused(RefusalReason reason, string message) =>
            new() { Refused = new(request.Position, entry.Name, reason.ToString(), message) };
    }

    private sealed class Watch(Action<IsolationPhase> phase) : IReadingWatch
    {
        private const long Milliseconds = 1000;
        private long _toldAt = long.MinValue;

        public void Seeking(StructureEntry entry)
        {
            // An archive is walked over many thousand entries a second.
            if (_toldAt == long.MinValue || Environment.TickCount64 - _toldAt >= Milliseconds)
            {
                _toldAt = Environment.TickCount64;
                phase(IsolationPhase.Reading);
            }
        }

        public void Loaded(StructureEntry entry)
        {
            phase(IsolationPhase.Working);
            Faults.At(entry.Name, alone: true);
        }
    }
}
