using System.Collections.Frozen;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Ledger;
using Ism.Protocol.Membership;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Protocol.Wire;

/// <summary>
/// The whole vocabulary of the wire: a short manifest for each message type and back. A manifest, once released, keeps its meaning;
/// a changed message gets a new one ("…2") and the reading side learns it a release before the writing side uses it.
/// </summary>
public static class WireManifests
{
    private static readonly (string Manifest, Type Type)[] All =
    [
        ("chunk.lease", typeof(LeaseChunk)),
        ("chunk.accepted", typeof(ChunkAccepted)),
        ("chunk.progress", typeof(ChunkProgress)),
        ("chunk.finished", typeof(ChunkFinished)),
        ("chunk.failed", typeof(ChunkFailed)),
        ("chunk.settled", typeof(ChunkSettled)),
        ("chunk.damaged", typeof(ChunkDamaged)),
        ("chunk.released", typeof(ChunkReleased)),
        ("samples.fetch", typeof(FetchSamples)),
        ("samples.frame", typeof(SampleFrame)),
        ("samples.credit", typeof(GrantCredits)),
        ("samples.not-ready", typeof(SamplesNotReady)),
        ("group.register", typeof(RegisterTrainer)),
        ("group.registered", typeof(TrainerRegistered)),
        ("group.prepare", typeof(PrepareGeneration)),
        ("group.prepared", typeof(GenerationPrepared)),
        ("group.start", typeof(StartGeneration)),
        ("group.step", typeof(StepReport)),
        ("group.evaluation", typeof(EvaluationReport)),
        ("group.notice", typeof(TrainerNotice)),
        ("group.ended", typeof(GenerationEnded)),
        ("group.stop", typeof(StopGeneration)),
        ("job.command", typeof(JobCommand)),
        ("job.answer", typeof(JobAnswer)),
        ("job.opened", typeof(JobOpened)),
        ("job.pause-changed", typeof(JobPauseChanged)),
        ("job.scaled", typeof(JobScaled)),
        ("job.status-request", typeof(JobStatusRequest)),
        ("job.status", typeof(JobStatus)),
        ("job.work-status", typeof(WorkStatus)),
        ("job.chunk-map-request", typeof(ChunkMapRequest)),
        ("job.chunk-map", typeof(ChunkMap)),
        ("membership.ping", typeof(MembershipPing)),
        ("membership.pong", typeof(MembershipPong)),
        ("group.preparing", typeof(GenerationPreparing)),
        ("group.leave", typeof(LeaveGroup)),
        ("group.left", typeof(GroupLeft)),
        ("group.checkpoint", typeof(CheckpointGeneration)),
        ("group.checkpointed", typeof(GenerationCheckpointed)),
        ("ledger.opened", typeof(LedgerOpened)),
        ("ledger.committed", typeof(ChunkCommitted)),
        ("chunk.held-request", typeof(HeldChunksRequest)),
        ("chunk.held", typeof(HeldChunks)),
    ];

    private static readonly FrozenDictionary<string, Type> Types = All.ToFrozenDictionary(e => e.Manifest, e => e.Type);
    private static readonly FrozenDictionary<Type, string> Manifests = All.ToFrozenDictionary(e => e.Type, e => e.Manifest);

    /// <summary>Every message type that may cross a process boundary.</summary>
    public static IEnumerable<Type> MessageTypes => Manifests.Keys;

    /// <summary>The manifest of a message type.</summary>
    /// <exception cref="WireException">The type is not in the vocabulary.</exception>
    public static string ManifestOf(Type type) => Manifests.TryGetValue(type, out var manifest)
        ? manifest
        : throw new WireException($"{type.FullName} is not a message of the wire; add it to {nameof(WireManifests)}");

    /// <summary>The message type of a manifest.</summary>
    /// <exception cref="WireException">The manifest is unknown: the sender runs a newer version or is no ISM node.</exception>
    public static Type TypeOf(string manifest) => Types.TryGetValue(manifest, out var type)
        ? type
        : throw new WireException($"unknown message manifest '{manifest}'; the sender may run another version");
}

/// <summary>A message cannot be written to, or read from, the wire.</summary>
public sealed class WireException(string message, Exception? inner = null) : Exception(message, inner);
