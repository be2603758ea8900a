using System.Globalization;
using Ism.Corpus;
using Ism.Protocol.Chunks;
using Ism.Structures;

namespace Ism.Featurizer.Isolation;

/// <summary>Tries a suspect structure alone and judges how that ended.</summary>
internal sealed class SuspectTrial(FeaturizerContext context)
{
    private const int Tries = 3;

    // Signals that people and systems send: HUP, INT, KILL, TERM. A structure does not send them; a system that is out of memory does.
    private static readonly int[] FromOutside = [128 + 1, 128 + 2, 128 + 9, 128 + 15];

    /// <summary>What the structure gives, or its refusal (Crashed, TimedOut, or what reading says).</summary>
    /// <param name="key">Its chunk.</param>
    /// <param name="position">Its position.</param>
    /// <param name="work">The work; null: it is only read.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="StructureAccessException">The storage did not give its bytes.</exception>
    /// <exception cref="IOException">The trial itself was not possible; the structure is not to blame.</exception>
    public IsolationResult Run(ChunkKey key, long position, ChunkWork? work, CancellationToken cancel)
    {
        var entry = context.Catalogue(key.Catalogue).EntryOf(position);
        var request = Path.Combine(
            context.AttemptsFolder, "alone", string.Create(CultureInfo.InvariantCulture, $"{position}-{Guid.NewGuid():N}.json"));
        try
        {
            new IsolationRequest(key.Catalogue, key.Chunk, position, work).Save(request);
            for (var left = Tries; ; left--)
            {
                var end = context.Isolation.Run(request, context.AloneLimits, cancel);
                if (!end.TimedOut && end.ExitCode == 0 && File.Exists(IsolationRequest.ResultOf(request)))
                {
                    var result = IsolationResult.Load(IsolationRequest.ResultOf(request));
                    return result.Denied is { } denied ? throw new StructureAccessException(entry.Path, denied) : result;
                }

                if (end.Phase != IsolationPhase.Working)
                {
                    throw new IOException(NotTried(entry, end));
                }

                if (end.TimedOut || left == 1 || !FromOutside.Contains(end.ExitCode))
                {
                    return new IsolationResult { Refused = Refusal(entry, position, end) };
                }
            }
        }
        finally
        {
            File.Delete(request);
            File.Delete(IsolationRequest.ResultOf(request));
        }
    }

    private string NotTried(StructureEntry entry, IsolationEnd end)
    {
        var how = end.TimedOut
            ? $"got no bytes for {context.AloneLimits.Time.TotalSeconds:0.###} s"
            : $"ended with exit code {end.ExitCode}{Quoted(end.Said)}";
        return $"{entry.DisplayName} is to be tried alone, but the process for it {how} before it had read the structure; "
            + "does this node reach the structures and the workspace, and has it memory?";
    }

    private QuarantinedStructure Refusal(StructureEntry entry, long position, IsolationEnd end)
    {
        var (reason, what) = end switch
        {
            { TimedOut: true } => (RefusalReason.TimedOut,
                $"working on it alone took longer than {context.AloneLimits.Time.TotalSeconds:0.###} s; raise corpus.structureSeconds "
                + "if it is sound"),
            { ExitCode: 128 + 9 } => (RefusalReason.Crashed,
                $"working on it alone was ended by the system {Tries} times (signal 9), as happens when memory runs out; give the node "
                + "more memory if it is sound"),
            { ExitCode: > 128 and < 128 + 65 } => (RefusalReason.Crashed,
                $"working on it alone ended with signal {end.ExitCode - 128}{Quoted(end.Said)}"),
            _ => (RefusalReason.Crashed, $"working on it alone ended with exit code {end.ExitCode}{Quoted(end.Said)}"),
        };
        return new QuarantinedStructure(position, entry.Name, reason.ToString(), $"{entry.DisplayName}: {what} ({reason})");
    }

    private static string Quoted(string said) => said.Length == 0 ? "" : $", saying '{said}'";
}
