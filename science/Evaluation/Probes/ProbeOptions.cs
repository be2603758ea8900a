namespace Ism.Evaluation.Probes;

/// <summary>How a probe is trained on frozen features.</summary>
public sealed record ProbeOptions
{
    /// <summary>Width of the hidden layer; 0: linear.</summary>
    public int Hidden { get; init; }

    /// <summary>Passes over the training rows.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>Updates of a probe at least: with few rows there are more passes.</summary>
    public int LeastUpdates { get; init; } = 500;

    /// <summary>Peak learning rate of AdamW, after a warm-up of one tenth, then half a cosine.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = 1e-2;

    /// <summary>Dropout before the last layer of a probe with a hidden layer.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Rows in one update.</summary>
    public int BatchRows { get; init; } = 2048;

    /// <summary>Training rows at most: whole proteins, drawn by the seed, are left out beyond that.</summary>
    public int MostRows { get; init; } = 500_000;

    /// <summary>Of first weights, order and draws.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>What a probe learns.</summary>
public enum ProbeTarget
{
    /// <summary>One class of several: cross entropy.</summary>
    Class,

    /// <summary>A number: squared error of its standardised value.</summary>
    Value,

    /// <summary>Any number of terms: binary cross entropy.</summary>
    Terms,
}
