using Ism.Models.Autoencoder;
using Ism.Models.Autoencoder.Measurement;
using Ism.Structures;
using TorchSharp;

namespace Ism.Benchmarks.Featurizing;

/// <summary>The encoder against the machine's matmul rate in the same run, by shape and precision.</summary>
internal static class EncoderPart
{
    public static void Run(Settings settings, Report report, IReadOnlyList<string> files)
    {
        var chains = Chains(files, settings.Chains);
        report.Line($"encoder: {chains.Count} chains, {chains.Sum(c => c.Length)} residues, {torch.get_num_threads()} torch threads; "
            + $"medians of {settings.Rounds} rounds");
        (string Name, AutoencoderShape Shape)[] shapes =
        [
            ("default", new AutoencoderShape()),
            ("demo", new AutoencoderShape { Layers = 2, Width = 64, Heads = 4 }),
            ("wide", new AutoencoderShape { Width = 256 }),
        ];
        foreach (var (name, shape) in shapes)
        {
            using var model = new AtomicAutoencoder(shape, 1);
            var encoder = new EnvironmentEncoder(model);
            EncoderPass.Run(encoder, shape, chains.Take(2));
            var passes = new List<(EncoderPass Pass, double Matmul)>();
            for (var round = 0; round < settings.Rounds; round++)
            {
                passes.Add((EncoderPass.Run(encoder, shape, chains), MatmulRate.Measure(torch.ScalarType.Float32)));
            }

            var share = Median(passes.Select(p => p.Pass.OperationsPerSecond / p.Matmul));
            var residues = Median(passes.Select(p => p.Pass.ResiduesPerSecond));
            report.Line($"{name,-8} {shape.Layers} x {shape.Width}, {shape.Heads} heads   {residues,7:F0} residues/s   "
                + $"{Median(passes.Select(p => p.Pass.OperationsPerSecond)) / 1e9,6:F0} of {Median(passes.Select(p => p.Matmul)) / 1e9:F0} "
                + $"GFLOP/s   {share,5:P0} of matmul");
            var prefix = name == "default" ? "encoder." : $"encoder.{name}.";
            report.Value(prefix + "residues_per_second", residues);
            report.Value(prefix + "share_of_matmul", share);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static List<Microenvironment[]> Chains(IReadOnlyList<string> files, int most)
    {
        var finder = new MicroenvironmentFinder();
        var chains = new List<Microenvironment[]>();
        for (var i = 0; i < most && i < files.Count; i++)
        {
            // Spread over the folder, whose names often group alike structures.
            try
            {
                var structure = StructureReader.ReadFile(files[(int)((long)i * files.Count / Math.Min(most, files.Count))]);
                chains.Add(finder.FindChain(structure, structure.Chains[0]));
            }
            catch (StructureRefusedException)
            {
                // Counted by its absence.
            }
        }

        return chains;
    }
}
