using Ism.Corpus;

namespace Ism.GpuTrainer.Samples;

/// <summary>A step whose samples are coming.</summary>
/// <param name="number">The step.</param>
/// <param name="share">This rank's samples.</param>
/// <param name="plan">By what they were shared out (<see cref="FetchedShare.Plan"/>).</param>
internal sealed class PendingStep(long number, IReadOnlyList<SamplePosition> share, long plan)
{
    public long Number { get; } = number;

    public IReadOnlyList<SamplePosition> Share { get; } = share;

    public ReadOnlyMemory<byte>[] Samples { get; } = new ReadOnlyMemory<byte>[share.Count];

    /// <summary>Requests that are not answered.</summary>
    public int Open { get; set; }

    /// <summary>What has come, once all has.</summary>
    public FetchedShare Fetched() => new([.. Share.Select((p, i) => new FetchedSample(p, Samples[i]))], plan);
}

/// <summary>A request to a chunk's entity: for samples of a step, or for the lengths of its chains.</summary>
/// <param name="chunk">The chunk.</param>
/// <param name="step">The step; null: lengths are asked for.</param>
/// <param name="places">Places of the asked samples in the step's share.</param>
internal sealed class PendingRequest(int chunk, PendingStep? step, int[] places)
{
    public int Chunk { get; } = chunk;

    public PendingStep? Step { get; } = step;

    public int[] Places { get; } = places;

    /// <summary>The visited positions that are asked for.</summary>
    public IEnumerable<SamplePosition> Positions => Step is null ? [] : Places.Select(i => Step.Share[i]);

    /// <summary>Number of the question that is open now.</summary>
    public long Id { get; set; }

    public List<byte[]> Frames { get; } = [];

    /// <summary>When it is asked again.</summary>
    public DateTime AskAt { get; set; }

    /// <summary>Rounds in which nobody has said a word.</summary>
    public int Unanswered { get; set; }

    /// <summary>Why it is still open.</summary>
    public string Reason { get; set; } = "no answer yet";

    /// <summary>The answer's byte stream.</summary>
    public byte[] Joined()
    {
        if (Frames.Count == 1)
        {
            return Frames[0];
        }

        var bytes = new byte[Frames.Sum(f => f.Length)];
        var at = 0;
        foreach (var frame in Frames)
        {
            frame.CopyTo(bytes, at);
            at += frame.Length;
        }

        return bytes;
    }
}
