using Ism.Corpus;
using Ism.Protocol.Samples;

namespace Ism.GpuTrainer.Samples;

/// <summary>Which samples a rank fetches, step by step. Everything in it is a pure function of stage, rank and world.</summary>
public sealed record FetchPlan
{
    /// <summary>Folder name of the catalogue.</summary>
    public required string Catalogue { get; init; }

    public required SampleKind Kind { get; init; }

    /// <summary>Longest crop, or residues per structure.</summary>
    public required int Limit { get; init; }

    /// <summary>Folder of the token files below the workspace.</summary>
    public string Tokens { get; init; } = "";

    /// <summary>The first step fetched.</summary>
    public required long FirstStep { get; init; }

    /// <summary>One past the last.</summary>
    public required long EndStep { get; init; }

    /// <summary>This rank's share of a step's global batch, in the order of the batch.</summary>
    public required Func<long, IReadOnlyList<SamplePosition>> Share { get; init; }

    /// <summary>Steps fetched ahead.</summary>
    public required int Prefetch { get; init; }

    /// <summary>How long an answer, or its next frame, is waited for before the samples are asked for again.</summary>
    public TimeSpan AskAgain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The share of a rank: every World-th sample of the global batch. The batch itself does not depend on it.</summary>
    public static IReadOnlyList<SamplePosition> ShareOf(IReadOnlyList<SamplePosition> globalBatch, int rank, int world) =>
        [.. globalBatch.Where((_, i) => i % world == rank)];
}

/// <summary>A visited position and the bytes of its sample; empty when the position yields none.</summary>
public readonly record struct FetchedSample(SamplePosition Position, ReadOnlyMemory<byte> Bytes);
