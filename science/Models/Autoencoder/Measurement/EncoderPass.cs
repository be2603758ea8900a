using System.Diagnostics;
using Ism.Structures;

namespace Ism.Models.Autoencoder.Measurement;

/// <summary>What embedding the residues of some chains took.</summary>
/// <param name="Residues">Environments embedded.</param>
/// <param name="Atoms">Their atoms, without padding.</param>
/// <param name="Operations">Floating point operations of the matrix products, without padding
/// (<see cref="AutoencoderShape.EncoderOperations"/>).</param>
/// <param name="Seconds">Time, from environments to embeddings in memory.</param>
/// <param name="ProcessorSeconds">Processor time of the process meanwhile, of all threads.</param>
public readonly record struct EncoderPass(long Residues, long Atoms, double Operations, double Seconds, double ProcessorSeconds)
{
    /// <summary>Residues a second.</summary>
    public double ResiduesPerSecond => Residues / Seconds;

    /// <summary>Useful floating point operations a second; over <see cref="MatmulRate.PerSecond"/> the share of matmul.</summary>
    public double OperationsPerSecond => Operations / Seconds;

    /// <summary>The same a second of processor time; to be held against <see cref="MatmulRate.PerProcessorSecond"/>.</summary>
    public double OperationsPerProcessorSecond => Operations / ProcessorSeconds;

    /// <summary>Embeds each chain as a list of its own, as tokenising does.</summary>
    public static EncoderPass Run(EnvironmentEncoder encoder, AutoencoderShape shape, IEnumerable<IReadOnlyList<Microenvironment>> chains)
    {
        long residues = 0, atoms = 0;
        double operations = 0, seconds = 0, processor = 0;
        foreach (var chain in chains)
        {
            var before = Environment.CpuUsage.TotalTime;
            var started = Stopwatch.GetTimestamp();
            _ = encoder.Embed(chain);
            seconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
            processor += (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            residues += chain.Count;
            foreach (var environment in chain)
            {
                atoms += environment.Count;
                operations += shape.EncoderOperations(environment.Count);
            }
        }

        return new EncoderPass(residues, atoms, operations, seconds, processor);
    }
}
