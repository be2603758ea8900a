namespace Ism.Cli.Benchmarks;

/// <summary>What embedding one protein takes, medians over repeats, in seconds.</summary>
/// <param name="Name">The structure.</param>
/// <param name="Residues">Of its chain.</param>
/// <param name="Atoms">Heavy atoms of the file that are used.</param>
/// <param name="Sequence">The language model's pass over the sequence alone.</param>
/// <param name="Reading">Reading and cleaning the structure's file.</param>
/// <param name="Environments">Finding the masked microenvironment of every residue.</param>
/// <param name="Encoding">The atomic autoencoder's encoder over them.</param>
/// <param name="Structure">The three before together.</param>
/// <param name="Both">Structure and sequence together: a language model that is given the structure too.</param>
public sealed record EmbedTiming(
    string Name, int Residues, int Atoms, double Sequence, double Reading, double Environments, double Encoding, double Structure, double Both)
{
    /// <summary>How many times as long as from the sequence alone it takes with the structure.</summary>
    public double Ratio => Both / Sequence;
}

/// <summary>A run of `ism bench embed`.</summary>
/// <param name="Processor">Name of the CPU.</param>
/// <param name="Cores">That the machine has.</param>
/// <param name="Threads">That both sides compute with.</param>
/// <param name="Device">Where the language model computes.</param>
/// <param name="Model">The language model.</param>
/// <param name="Encoder">The atomic autoencoder.</param>
/// <param name="Repeats">Of which medians are taken.</param>
/// <param name="Load">Processes at work on the machine as it began.</param>
/// <param name="Timings">By length.</param>
public sealed record EmbedTimings(
    string Processor, int Cores, int Threads, string Device, string Model, string Encoder, int Repeats, double Load, IReadOnlyList<EmbedTiming> Timings);
