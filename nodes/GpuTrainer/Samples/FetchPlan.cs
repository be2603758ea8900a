using Ism.Corpus;
using Ism.Protocol.Samples;

namespace Ism.GpuTrainer.Samples;

/// <summary>Which samples a rank fetches, step by step. Everything in it is a pure function of stage, rank and world, and, where samples are
/// shared out by cost, of the lengths of the chunks' chains.</summary>
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

    /// <summary>A step's global batch, which all ranks share out.</summary>
    public required Func<long, IReadOnlyList<SamplePosition>> Batch { get; init; }

    /// <summary>This rank.</summary>
    public int Rank { get; init; }

    /// <summary>Ranks.</summary>
    public int World { get; init; } = 1;

    /// <summary>What a step spends on a crop of so many residues, in any unit (tokens only): samples are shared out by it. Null: by
    /// count.</summary>
    public Func<int, long>? Cost { get; init; }

    /// <summary>Steps fetched ahead.</summary>
    public required int Prefetch { get; init; }

    /// <summary>How long an answer, or its next frame, is waited for before the samples are asked for again.</summary>
    public TimeSpan AskAgain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Lengths are to be known before a step's samples can be asked for.</summary>
    public bool ByCost => Cost is not null && World > 1;

    /// <summary>This rank's share by count: every World-th sample of the global batch. The batch itself does not depend on it.</summary>
    public IReadOnlyList<SamplePosition> ShareByCount(IReadOnlyList<SamplePosition> globalBatch) =>
        [.. globalBatch.Where((_, i) => i % World == Rank)];

    /// <summary>This rank's share by cost.</summary>
    /// <param name="globalBatch">The batch.</param>
    /// <param name="lengths">Residues of each crop; 0 for an empty position.</param>
    /// <returns>The share, and the fingerprint of the costs that it follows from.</returns>
    public (IReadOnlyList<SamplePosition> Share, long Plan) ShareByCost(IReadOnlyList<SamplePosition> globalBatch, IReadOnlyList<int> lengths)
    {
        var costs = lengths.Select(length => length == 0 ? 0 : Cost!(length)).ToArray();
        return ([.. WorkShares.Of(costs, World)[Rank].Select(place => globalBatch[place])], WorkShares.Fingerprint(costs));
    }
}
