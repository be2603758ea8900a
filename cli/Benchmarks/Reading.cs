namespace Ism.Cli.Benchmarks;

/// <summary>One number of a benchmark.</summary>
/// <param name="Key">Name in the flat JSON object, e.g. "stream.residues_per_second".</param>
/// <param name="Value">The number.</param>
/// <param name="What">For a person: what it is, with its unit.</param>
public sealed record Reading(string Key, double Value, string What);
