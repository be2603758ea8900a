using Ism.Protocol.Chunks;
using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Samples;

/// <summary>What a trainer trains on.</summary>
public enum SampleKind : byte
{
    /// <summary>A cropped chain with its structure tokens.</summary>
    Tokens = 1,

    /// <summary>Masked microenvironments of drawn residues.</summary>
    Environments = 2,

    /// <summary>No samples: how long the chains of all the chunk's structures are. Rows and draw keys are empty.</summary>
    Lengths = 3,

    /// <summary>Masked microenvironments of drawn residues, each with the amino acid probabilities of its residue's column in an alignment.
    /// </summary>
    ProfiledEnvironments = 4,
}

/// <summary>
/// Trainer to chunk entity: the samples of these positions, please. The answer is one byte stream, the samples in the order asked
/// for, cut into <see cref="SampleFrame"/>s; at most <see cref="Credits"/> frames come before a <see cref="GrantCredits"/>.
/// The request is a pure function of (catalogue, seed, step), so asking twice gives the same bytes.
/// </summary>
[MessagePackObject]
public sealed record FetchSamples : IChunkMessage, IWireMessage
{
    [Key(0)]
    public required ChunkKey Key { get; init; }

    /// <summary>Unique per asking trainer; echoed in the answer.</summary>
    [Key(1)]
    public required long Request { get; init; }

    [Key(2)]
    public required SampleKind Kind { get; init; }

    /// <summary>Rows (positions within the chunk).</summary>
    [Key(3)]
    public required int[] Rows { get; init; }

    /// <summary>The draw key of each row: decides chain, crop and residues.</summary>
    [Key(4)]
    public required ulong[] DrawKeys { get; init; }

    /// <summary>Longest crop in residues (tokens), or residues drawn per structure (environments; 0 takes all).</summary>
    [Key(5)]
    public required int Limit { get; init; }

    /// <summary>Folder below the workspace: of the token files (tokens and lengths), or of the profiles (profiled environments).</summary>
    [Key(6)]
    public string Tokens { get; init; } = "";

    /// <summary>Frames that may be sent before more are granted.</summary>
    [Key(7)]
    public required int Credits { get; init; }
}

/// <summary>Entity to trainer: the next part of the answer, at most <see cref="WireCodec.FrameBytes"/> bytes.</summary>
[MessagePackObject]
public sealed record SampleFrame(
    [property: Key(0)] long Request,
    [property: Key(1)] int Sequence,
    [property: Key(2)] bool Last,
    [property: Key(3)] byte[] Payload) : IWireMessage;

/// <summary>Trainer to entity: this many frames more.</summary>
[MessagePackObject]
public sealed record GrantCredits(
    [property: Key(0)] ChunkKey Key,
    [property: Key(1)] long Request,
    [property: Key(2)] int Credits) : IChunkMessage, IWireMessage;

/// <summary>Entity to trainer: the chunk's tokens are not made yet (or cannot be served, with the reason); ask again later.</summary>
[MessagePackObject]
public sealed record SamplesNotReady([property: Key(0)] long Request, [property: Key(1)] string Reason) : IWireMessage;
