using Ism.Models.Autoencoder;
using Ism.Models.Autoencoder.Measurement;
using Ism.Structures;
using Ism.Structures.Measurement;
using Ism.Structures.Synthesis;
using static TorchSharp.torch;

namespace Ism.Cli.Benchmarks;

/// <summary>Reading, microenvironments (one core each) and the default encoder (all cores) over generated proteins.</summary>
public sealed class FeaturizingMeasurement : IMeasurement
{
    private const int Proteins = 60;
    private const int Encoded = 3;
    private const int Seed = 7;

    /// <inheritdoc/>
    public string Name => "featurizing";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Reading>> RunAsync(double seconds, Action<string> say, CancellationToken cancel) => Task.Run(() =>
    {
        var folder = Directory.CreateTempSubdirectory("ism-bench-").FullName;
        try
        {
            say($"generates {Proteins} proteins");
            SyntheticCorpus.Write(folder, Proteins, Seed, new SynthesisOptions { MinLength = 100, MaxLength = 400 });
            return Measure([.. Directory.EnumerateFiles(folder).Order()], seconds, say, cancel);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }, cancel);

    private static IReadOnlyList<Reading> Measure(string[] files, double seconds, Action<string> say, CancellationToken cancel)
    {
        say("reads them again and again");
        var structures = new List<Structure>();
        ReadingPass.Run(files, null, structures.Add);
        var reading = Best(seconds, cancel, () => ReadingPass.Run(files).StructuresPerSecond);
        say("finds microenvironments");
        var finder = new MicroenvironmentFinder();
        var finding = Best(seconds, cancel, () => EnvironmentPass.Microenvironments(structures, finder).ResiduesPerSecond);
        var listing = Best(seconds, cancel, () => EnvironmentPass.Neighbours(structures, finder).ResiduesPerSecond);
        say("encodes");
        var shape = new AutoencoderShape();
        using var model = new AtomicAutoencoder(shape, 1);
        using var encoder = new EnvironmentEncoder(model, options: new EncoderOptions { Threads = Environment.ProcessorCount });
        Microenvironment[][] chains =
            [.. structures.Take(Encoded).Select(s => finder.FindChain(s, s.Chains[0]))];
        EncoderPass.Run(encoder, shape, chains);
        var residues = 0.0;
        // By turns, so that what else the machine does meets both.
        var share = Best(seconds, cancel, () =>
        {
            var rate = MatmulRate.Measure(ScalarType.Float32);
            var pass = EncoderPass.Run(encoder, shape, chains);
            residues = Math.Max(residues, pass.ResiduesPerSecond);
            return pass.OperationsPerSecond / rate.PerSecond;
        });
        return
        [
            new("parse.structures_per_second", reading, "structures/s read and cleaned on one core, mmCIF"),
            new("microenvironments.residues_per_second", finding, "residues/s, all atoms within 10 Å with their features, one core"),
            new("neighbours.residues_per_second", listing, "residues/s, indices and distances alone, one core"),
            new("encoder.residues_per_second", residues, "residues/s through the default encoder, all cores"),
            new("encoder.share_of_matmul", share, "its operations as a share of the float32 matrix product rate"),
        ];
    }

    private static double Best(double seconds, CancellationToken cancel, Func<double> measure)
    {
        var until = DateTime.UtcNow.AddSeconds(seconds);
        var best = 0.0;
        do
        {
            cancel.ThrowIfCancellationRequested();
            best = Math.Max(best, measure());
        }
        while (DateTime.UtcNow < until);
        return best;
    }
}
