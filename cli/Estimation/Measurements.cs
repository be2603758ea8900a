namespace Ism.Cli.Estimation;

/// <summary>All that was measured for an estimate.</summary>
/// <param name="Featurizers">Featurizers at work beside each other.</param>
/// <param name="Trainers">Ranks of one ring.</param>
/// <param name="NetworkBytesPerSecond">Of a link between trainers; 0: not asked for.</param>
/// <param name="CatalogueBytes">Bytes of a catalogue that do not grow with it.</param>
/// <param name="BytesPerEntry">Bytes of a catalogue's entry.</param>
/// <param name="StartSeconds">Seconds until a process is ready to compute.</param>
/// <param name="Load">Others at work on this machine before measuring began, in cores; 0 where that is not known.</param>
public sealed record Measurements(
    IReadOnlyList<FeaturizerReading> Featurizers,
    IReadOnlyList<TrainerReading> Trainers,
    double NetworkBytesPerSecond,
    double CatalogueBytes,
    double BytesPerEntry,
    double StartSeconds,
    double Load)
{
    /// <summary>Lengths of many structures of the corpus; null: those that were measured stand for all.</summary>
    public LengthSurvey? Lengths { get; init; }
}
