namespace Ism.Cli.Slurm;

/// <summary>Slurm is not there or has refused something; the message has Slurm's own words.</summary>
/// <param name="message">For a person: what was asked, what Slurm said, what to change.</param>
public sealed class SlurmException(string message) : Exception(message);
