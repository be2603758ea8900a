namespace Ism.Cli.Estimation;

/// <summary>What a number is counted in.</summary>
public enum EstimateUnit
{
    /// <summary>Things.</summary>
    Count,

    /// <summary>Seconds.</summary>
    Seconds,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>A share of a whole, 0 to 1.</summary>
    Share,

    /// <summary>Things a second.</summary>
    PerSecond,

    /// <summary>Bytes a second.</summary>
    BytesPerSecond,
}

/// <summary>One number of an estimate.</summary>
/// <param name="Key">Its name in the JSON object, where it stands in the unit itself: seconds, bytes, a share of 1.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">What it is counted in.</param>
/// <param name="What">What it is, for a person.</param>
/// <param name="How">How it was found.</param>
public sealed record EstimateRow(string Key, double Value, EstimateUnit Unit, string What, string How);
